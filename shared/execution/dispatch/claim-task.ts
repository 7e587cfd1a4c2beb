import type { Deps } from '../../port/deps.ts';
import { claimOf } from '../begin-attempt.ts';
import { changeTaskOp } from '../change-task.ts';
import { headKey, type ExecutionRecord, type TaskRecord } from '../execution-record.ts';

export interface ClaimedTask {
  head: ExecutionRecord;
  task: TaskRecord;
  claimedAt: number;
}

/** Holds of the head of a run in which attempts may begin. */
export const runIsOpen = { kind: 'compare', field: 'outcome', op: '=', value: 'open' } as const;

/** Takes the task for one attempt; undefined when somebody else did, or when the run closed in the meantime. */
export async function claimTask({ table, clock }: Deps, head: ExecutionRecord, task: TaskRecord): Promise<ClaimedTask | undefined> {
  const now = clock.now();
  const change = claimOf(task, now);
  const isFirst = head.startedAt === null;
  const start = isFirst ? ({ state: 'running', startedAt: now } as const) : {};
  const headOfRun = headKey(head.tenant, head.id);
  const { ok } = await table.write([
    changeTaskOp(head, task, change, [
      { kind: 'compare', field: 'state', op: '=', value: 'ready' },
      { kind: 'compare', field: 'attempt', op: '=', value: task.attempt },
    ]),
    isFirst
      ? { kind: 'update', key: headOfRun, set: start, conditions: [runIsOpen] }
      : { kind: 'check', key: headOfRun, conditions: [runIsOpen] },
  ]);
  return ok ? { head: { ...head, ...start }, task: { ...task, ...change }, claimedAt: now } : undefined;
}
