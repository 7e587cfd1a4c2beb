/**
 * After a restore: a backup holds what was purged since it was made. The deletion manifests of the live system say what that was, so each is carried out once more. A
 * manifest counts only when a key of this home signed it, and a hold that stands in the restored home still wins.
 */
import { McError } from '../core/errors.ts';
import { findExecution } from '../execution/execution-store.ts';
import { predicateTypes } from '../receipt/statement.ts';
import { verifyOwn } from '../receipt/verify-own.ts';
import { hasCode } from '../core/errors.ts';
import { beginPurge, carryOut, type PurgeDeps } from './purge/carry-out.ts';
import { isTaken } from './purge/finish-purge.ts';
import { DeletionPredicate } from './purge/deletion-statement.ts';
import { queryPurges, type Purge, type PurgedRun } from './purge/purge-record.ts';
import type { Deps } from '../port/deps.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { getDeletionManifest } from './get-deletion-manifest.ts';
import type { ProofDeps } from '../log/with-log-entry.ts';
import type { Bundle } from '../receipt/bundle.ts';

/** What became of a manifest: the new purge, or undefined when nothing of it was there any more. */
export type Reapplied = Purge | undefined;

/** Purges once more what this deletion manifest names, where the home has it again. Throws `mc:receipt:invalid` for one that this home did not sign. */
export async function applyDeletionManifest(deps: PurgeDeps, bundle: unknown): Promise<Reapplied> {
  const { statement } = await verifyOwn(deps, bundle, { predicateType: predicateTypes.deletion });
  const parsed = DeletionPredicate.safeParse(statement.predicate);
  if (!parsed.success)
    throw new McError('mc:receipt:invalid', 'the statement is no deletion manifest of this version', { cause: parsed.error });
  const { tenant, kind, runs, purge } = parsed.data;
  // Audit events are not named one by one in the statement: those of a backup go by the rules, as they went before, and so do data keys.
  if (isTaken(kind)) return undefined;
  const again: PurgedRun[] = [];
  for (const { id, rule } of runs) {
    const head = await findThere(deps, tenant, id);
    if (head) again.push({ id, workflow: head.workflow.name, rule });
  }
  if (again.length === 0) return undefined;
  const begun = { kind, runs: again, reason: `restored after ${purge}`, startedBy: 'service:restore', again: purge };
  return carryOut(deps, tenant, await beginPurge(deps, tenant, begun));
}

async function findThere(deps: Pick<Deps, 'table'>, tenant: TenantId, id: PurgedRun['id']): ReturnType<typeof findExecution> {
  try {
    return await findExecution(deps, tenant, id);
  } catch (error) {
    if (hasCode(error, 'mc:execution:purged')) return undefined;
    throw error;
  }
}

/** Every deletion manifest of a tenant, the newest first: what a backup must be accompanied by, or what is exported before a restore. */
export async function* deletionManifests(deps: ProofDeps, tenant: TenantId): AsyncGenerator<Bundle> {
  const reader = { sub: 'service:retention', tenant, roles: [] };
  let cursor: string | undefined;
  do {
    const page = await queryPurges(deps, tenant, { limit: 50, ...(cursor && { cursor }) });
    for (const { id, manifest } of page.items) if (manifest !== null) yield (await getDeletionManifest(deps, reader, id)).bundle;
    cursor = page.cursor;
  } while (cursor);
}
