/** Rotations as the API answers them: times in ISO 8601, and with the details every statement that was signed. */
import { z } from 'zod';
import { McError } from '../core/errors.ts';
import { idSchema, type Id } from '../core/id.ts';
import { withLogEntry, type ProofDeps } from '../log/with-log-entry.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import { Bundle } from '../receipt/bundle.ts';
import { findBundle } from '../receipt/find-bundle.ts';
import { FiledStatement, statementKey, statementNames } from './sign-rotation.ts';
import { getRotation, Rotation, RotationChecks, RotationKind, rotationsIndex, RotationStep } from './rotation.ts';
import { keyDocument, keyDocumentName, keyDocumentNames } from './rotation-statement.ts';

const KeyRef = z.strictObject({ keyId: z.string() });

/** One entry of a list. */
export const KeyRotation = z
  .strictObject({
    id: idSchema('rot'),
    kind: RotationKind,
    step: RotationStep.describe(
      'How far it came; `finished` when the old key is given up, `abandoned` when another one took its place before the switch',
    ),
    reason: z.string(),
    startedAt: z.iso.datetime(),
    windowEndsAt: z.iso.datetime().nullable().describe('Until then the old key can still be used; null before the switch'),
    finishedAt: z.iso.datetime().nullable(),
    oldKey: KeyRef,
    newKey: KeyRef.nullable(),
    checks: RotationChecks.nullable().describe('What was verified before the old key was given up'),
    problem: z.string().nullable().describe('Why the last try of a step failed; null since one succeeded'),
  })
  .meta({ id: 'KeyRotation' });
export type KeyRotation = z.infer<typeof KeyRotation>;

/** With its evidence: verify each statement with the document of a key as artifact. */
export const KeyRotationDetails = z
  .strictObject({
    ...KeyRotation.shape,
    keys: z.array(
      z.strictObject({ name: z.enum(keyDocumentNames), keyId: z.string(), document: z.string().describe('What the statements speak of') }),
    ),
    statements: z.array(z.strictObject({ name: z.enum(statementNames), bundle: Bundle })),
  })
  .meta({ id: 'KeyRotationDetails' });
export type KeyRotationDetails = z.infer<typeof KeyRotationDetails>;

/** A rotation without what is nobody's business outside of the home. */
export function toKeyRotation({ oldKey, newKey, startedAt, windowEndsAt, finishedAt, ...rest }: Rotation): KeyRotation {
  const { id, kind, step, reason, checks, problem } = rest;
  const at = (time: number | null): string | null => (time === null ? null : isoTime(time));
  return {
    ...{ id, kind, step, reason, checks, problem },
    ...{ startedAt: isoTime(startedAt), windowEndsAt: at(windowEndsAt), finishedAt: at(finishedAt) },
    ...{ oldKey: { keyId: oldKey.keyId }, newKey: newKey && { keyId: newKey.keyId } },
  };
}

/** One page of rotations, the newest first. */
export async function listRotations(
  { table }: Pick<Deps, 'table'>,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<{ items: KeyRotation[]; cursor?: string }> {
  const query = { index: 'gsi1', pk: rotationsIndex, limit, reverse: true } as const;
  const page = await table.query(cursor === undefined ? query : { ...query, cursor });
  const items = page.items.map((item) => toKeyRotation(Rotation.parse(item)));
  return page.cursor === undefined ? { items } : { items, cursor: page.cursor };
}

/** A rotation with its evidence. Throws `mc:key:rotation-not-found`. */
export async function readRotation(deps: ProofDeps & Pick<Deps, 'config'>, id: Id<'rot'>): Promise<KeyRotationDetails> {
  const rotation = await getRotation(deps, id);
  const keys = (['old', 'new'] as const).flatMap((which) => {
    const key = which === 'old' ? rotation.oldKey : rotation.newKey;
    return key ? [{ name: keyDocumentName(which, key), keyId: key.keyId, document: keyDocument(key) }] : [];
  });
  const items = await deps.table.getMany(statementNames.map((name) => statementKey(deps, id, name)));
  const filed = items.flatMap((item) => (item ? [FiledStatement.parse(item)] : []));
  const statements = await Promise.all(
    filed.map(async ({ sk: name, bundleDigest, leaf }) => {
      const bundle = await findBundle(deps, deps.config.ownerTenant, bundleDigest);
      if (!bundle) throw new McError('mc:store:unavailable', `the statement ${name} of ${id} cannot be read`);
      return { name, bundle: await withLogEntry(deps, bundle, leaf) };
    }),
  );
  return { ...toKeyRotation(rotation), keys, statements };
}
