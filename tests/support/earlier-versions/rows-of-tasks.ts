import { headKey, taskKey } from '../../../shared/execution/execution-record.ts';
import { getExecutionRecord, listTasks } from '../../../shared/execution/execution-store.ts';
import type { Id } from '../../../shared/core/id.ts';
import type { TenantId } from '../../../shared/core/tenant-id.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { WriteOp } from '../../../shared/port/table.ts';

/** Gives each task of a run a row, whole, and its head no outline, as earlier versions began runs. No attempt may be under way: its dispatcher would take the row for somebody else's. */
export async function giveTasksRows(deps: Pick<Deps, 'table'>, tenant: TenantId, id: Id<'exec'>): Promise<void> {
  const tasks = await listTasks(deps, await getExecutionRecord(deps, tenant, id));
  await deps.table.write([
    { kind: 'update', key: headKey(tenant, id), remove: ['outline', 'begunAtStart'] },
    ...tasks.map((task): WriteOp => ({ kind: 'put', item: { ...taskKey(tenant, id, task.id), ...task } })),
  ]);
}
