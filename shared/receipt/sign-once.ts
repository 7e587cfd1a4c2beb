import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { LeafName } from '../log/log-store.ts';
import { logEntryOp } from '../log/log-entry-op.ts';
import { withLogEntry, type ProofDeps } from '../log/with-log-entry.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Key, WriteOp } from '../port/table.ts';
import { Bundle } from './bundle.ts';
import { signStatement } from './sign-statement.ts';
import type { Statement } from './statement.ts';
import { verifyOwn } from './verify-own.ts';

/** What versions before the transparency log filed has no leaf. */
const SignedItem = z.object({ bundleDigest: Digest, leaf: LeafName.optional() });

interface Signed {
  bundle: Bundle;
  leaf: string | undefined;
}

/** What a use case needs that answers statements which are signed when they are asked for. */
export type SignOnceDeps = ProofDeps & Pick<Deps, 'signer'>;

interface Signing {
  build: () => Promise<Statement> | Statement;
  /** Checks that must hold when it is filed. */
  onlyIf?: readonly WriteOp[];
}

/**
 * The signed statement filed at this key, with its entry in the transparency log: signed, verified and logged when it is first asked for, and the same bytes
 * ever after, for callers at the same time too.
 */
export async function signOnce(deps: SignOnceDeps, tenant: TenantId, key: Key, { build, onlyIf = [] }: Signing): Promise<Bundle> {
  const { bundle, leaf } =
    (await findSigned(deps, tenant, key)) ?? (await signAndFile(deps, tenant, key, { statement: await build(), onlyIf }));
  return withLogEntry(deps, bundle, leaf);
}

async function signAndFile(
  deps: SignOnceDeps,
  tenant: TenantId,
  key: Key,
  { statement, onlyIf }: { statement: Statement; onlyIf: readonly WriteOp[] },
): Promise<Signed> {
  const bundle = await signStatement(deps.signer, statement);
  const { pem } = await verifyOwn(deps, bundle, { predicateType: statement.predicateType });
  const bundleDigest = await deps.blobs.put(tenant, 'receipt', Buffer.from(JSON.stringify(bundle)));
  const { leaf, op } = logEntryOp(bundle, pem, key);
  const item = { ...key, bundleDigest, leaf, signedAt: isoTime(deps.clock.now()) };
  const { ok } = await deps.table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }, op, ...onlyIf]);
  if (ok) return { bundle, leaf };
  const winner = await findSigned(deps, tenant, key);
  if (!winner) throw new McError('mc:store:conflict', 'What the statement is about has gone since it was read; nothing was filed.');
  return winner;
}

async function findSigned({ table, blobs }: SignOnceDeps, tenant: TenantId, key: Key): Promise<Signed | undefined> {
  const item = await table.get(key);
  if (!item) return undefined;
  const { bundleDigest, leaf } = SignedItem.parse(item);
  const bytes = await blobs.find(tenant, 'receipt', bundleDigest);
  return bytes && { bundle: Bundle.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))), leaf };
}
