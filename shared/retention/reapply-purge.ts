/**
 * After a restore: a backup holds what was purged since it was made. The deletion manifests of the live system say what that was, so each is carried out once more. A
 * manifest counts only when a key of this home signed it, one that it has or one that it got after the backup, and a hold that stands in the restored home still wins.
 */
import { McError } from '../core/errors.ts';
import { Bundle } from '../receipt/bundle.ts';
import { keyIdOf } from '../receipt/key-id.ts';
import { predicateTypes } from '../receipt/statement.ts';
import { verifyBundle, type VerifiedBundle } from '../receipt/verify-bundle.ts';
import { verifyOwn } from '../receipt/verify-own.ts';
import { beginPurge, carryOut, type PurgeDeps } from './purge/carry-out.ts';
import { findUnpurged } from './purge/find-unpurged.ts';
import { DeletionPredicate } from './purge/deletion-statement.ts';
import type { Purge, PurgedRun } from './purge/purge-record.ts';
import { RunKind } from '../tenant/retention.ts';
import { homeSubjects } from '../tenant/service-identity.ts';

/** What became of a manifest: the new purge, or undefined when nothing of it was there any more. */
export type Reapplied = Purge | undefined;

/**
 * Purges once more what this deletion manifest names, where the home has it again. Throws `mc:receipt:invalid` for one that this home did not sign; `laterKeys` are public keys (PEM) that
 * the home signs with since a rotation of which the backup knows nothing, by word of whoever restores it.
 */
export async function applyDeletionManifest(deps: PurgeDeps, bundle: unknown, laterKeys: readonly string[] = []): Promise<Reapplied> {
  const { statement } = await verifyManifest(deps, bundle, laterKeys);
  const parsed = DeletionPredicate.safeParse(statement.predicate);
  if (!parsed.success)
    throw new McError('mc:receipt:invalid', 'the statement is no deletion manifest of this version', { cause: parsed.error });
  const { tenant, kind, runs, purge } = parsed.data;
  // What belongs to no run is not named one by one in the statement: it goes by the rules of the restored home, as it went before.
  const runKind = RunKind.safeParse(kind);
  if (!runKind.success) return undefined;
  const again: PurgedRun[] = [];
  for (const { id, rule } of runs) {
    const head = await findUnpurged(deps, tenant, id);
    if (head) again.push({ id, workflow: head.workflow.name, rule });
  }
  if (again.length === 0) return undefined;
  const begun = { kind: runKind.data, runs: again, reason: `restored after ${purge}`, startedBy: homeSubjects.restore, again: purge };
  return carryOut(deps, tenant, await beginPurge(deps, tenant, begun));
}

async function verifyManifest(deps: PurgeDeps, value: unknown, laterKeys: readonly string[]): Promise<VerifiedBundle> {
  const options = { predicateType: predicateTypes.deletion };
  const signer = Bundle.safeParse(value).data?.dsseEnvelope.signatures[0]?.keyid;
  const later = laterKeys.find((pem) => keyIdOf(pem) === signer);
  return later === undefined ? verifyOwn(deps, value, options) : verifyBundle(value, { ...options, pem: later });
}
