import type { Deps } from '../../port/deps.ts';
import { claimOf } from '../begin-attempt.ts';
import { changeTaskOp } from '../change-task.ts';
import { headKey, type ExecutionRecord, type TaskRecord } from '../execution-record.ts';
import { getExecutionRecord } from '../execution-store.ts';

export interface ClaimedTask {
  head: ExecutionRecord;
  task: TaskRecord;
  claimedAt: number;
}

/** Holds of the head of a run in which attempts may begin. */
export const runIsOpen = { kind: 'compare', field: 'outcome', op: '=', value: 'open' } as const;

/** Holds of the head of a run of which nothing has begun. */
const runIsQueued = { kind: 'compare', field: 'state', op: '=', value: 'queued' } as const;

/**
 * Takes the task for one attempt; undefined when somebody else did, or when the run closed in the meantime. Of several who begin tasks of a run at once, the first says when the run
 * has started.
 */
export async function claimTask(
  deps: Pick<Deps, 'table' | 'clock'>,
  head: ExecutionRecord,
  task: TaskRecord,
): Promise<ClaimedTask | undefined> {
  const now = deps.clock.now();
  const change = claimOf(task, now);
  const isFirst = head.startedAt === null;
  const start = isFirst ? ({ state: 'running', startedAt: now } as const) : {};
  const headOfRun = headKey(head.tenant, head.id);
  const result = await deps.table.write([
    changeTaskOp(head, task, change, [
      { kind: 'compare', field: 'state', op: '=', value: 'ready' },
      { kind: 'compare', field: 'attempt', op: '=', value: task.attempt },
    ]),
    isFirst
      ? { kind: 'update', key: headOfRun, set: start, conditions: [runIsOpen, runIsQueued] }
      : { kind: 'check', key: headOfRun, conditions: [runIsOpen] },
  ]);
  if (result.ok) return { head: { ...head, ...start }, task: { ...task, ...change }, claimedAt: now };
  // Position 0 is the task, which somebody else took.
  if (!isFirst || result.failed.includes(0)) return undefined;
  const current = await getExecutionRecord(deps, head.tenant, head.id);
  return current.startedAt === null ? undefined : claimTask(deps, current, task);
}
