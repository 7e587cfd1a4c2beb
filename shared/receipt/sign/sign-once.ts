import { z } from 'zod';
import { Digest } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { LeafName } from '../../log/log-store.ts';
import { withLogEntry, type ProofDeps } from '../../log/with-log-entry.ts';
import { isoTime } from '../../port/clock.ts';
import type { Key, WriteOp } from '../../port/table.ts';
import { Bundle } from '../bundle.ts';
import { findBundle } from '../find-bundle.ts';
import { unpackBundle } from '../stored/packed-bundle.ts';
import { issueStatement } from './issue-statement.ts';
import type { SignOwnDeps } from './sign-own-text.ts';
import type { Statement } from '../statement.ts';

/** What versions before the transparency log filed has no leaf. */
const SignedItem = z.object({ bundleDigest: Digest, leaf: LeafName.optional() });

interface Signed {
  bundle: Bundle;
  leaf: string | undefined;
}

/** What a use case needs that answers statements which are signed when they are asked for. */
export type SignOnceDeps = ProofDeps & SignOwnDeps;

interface Signing {
  build: () => Promise<Statement> | Statement;
  /** Belongs into the write that files it, such as checks that must hold then. */
  alongside?: readonly WriteOp[];
}

/**
 * The signed statement filed at this key, with its entry in the transparency log: signed, verified and logged when it is first asked for, and the same bytes
 * ever after, for callers at the same time too.
 */
export async function signOnce(deps: SignOnceDeps, tenant: TenantId, key: Key, { build, alongside = [] }: Signing): Promise<Bundle> {
  const { bundle, leaf } =
    (await findSigned(deps, tenant, key)) ?? (await signAndFile(deps, tenant, key, { statement: await build(), alongside }));
  return withLogEntry(deps, bundle, leaf);
}

async function signAndFile(
  deps: SignOnceDeps,
  tenant: TenantId,
  key: Key,
  { statement, alongside }: { statement: Statement; alongside: readonly WriteOp[] },
): Promise<Signed> {
  const { signed, row, op } = await issueStatement(deps, tenant, { of: key, statement });
  const item = { ...key, ...row, signedAt: isoTime(deps.clock.now()) };
  const { ok } = await deps.table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }, op, ...alongside]);
  if (ok) return { bundle: Bundle.parse(JSON.parse(unpackBundle(signed.packed).toString('utf8'))), leaf: row.leaf };
  const winner = await findSigned(deps, tenant, key);
  if (!winner) throw new McError('mc:store:conflict', 'What the statement is about has gone since it was read; nothing was filed.');
  return winner;
}

async function findSigned(deps: SignOnceDeps, tenant: TenantId, key: Key): Promise<Signed | undefined> {
  const item = await deps.table.get(key);
  if (!item) return undefined;
  const { bundleDigest, leaf } = SignedItem.parse(item);
  const bundle = await findBundle(deps, tenant, bundleDigest);
  return bundle && { bundle, leaf };
}
