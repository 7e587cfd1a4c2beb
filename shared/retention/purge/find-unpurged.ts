import { hasCode } from '../../core/errors.ts';
import type { Id } from '../../core/id.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import type { ExecutionRecord } from '../../execution/execution-record.ts';
import { findExecution } from '../../execution/execution-store.ts';
import type { Deps } from '../../port/deps.ts';

/** The head of the run; undefined when there is none, or when it was purged as a whole. */
export async function findUnpurged(deps: Pick<Deps, 'table'>, tenant: TenantId, id: Id<'exec'>): Promise<ExecutionRecord | undefined> {
  try {
    return await findExecution(deps, tenant, id);
  } catch (error) {
    if (hasCode(error, 'mc:execution:purged')) return undefined;
    throw error;
  }
}
