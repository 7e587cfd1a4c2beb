import type { Condition, WriteOp } from '../port/table.ts';
import { madeOfRecord } from '../port/typed-items.ts';
import { taskKey, type ExecutionRecord, type TaskRecord } from './execution-record.ts';
import { storedChange, storedTask } from './stored-task.ts';
import { isRowless } from './task-outline.ts';

/**
 * Changes a task, under conditions that hold of it as it was read. One that had no row gets one with the change in it, if nobody else gave it one: without a row it can
 * only be as it was read.
 */
export function changeTaskOp(
  { tenant, id }: Pick<ExecutionRecord, 'tenant' | 'id'>,
  task: TaskRecord,
  change: Partial<TaskRecord>,
  conditions: readonly Condition[],
): WriteOp {
  const key = taskKey(tenant, id, task.id);
  if (!isRowless(task)) return { kind: 'update', key, set: storedChange(change), conditions: [...conditions] };
  return { kind: 'put', item: madeOfRecord({ ...storedTask({ ...task, ...change }), ...key }), conditions: [{ kind: 'absent' }] };
}
