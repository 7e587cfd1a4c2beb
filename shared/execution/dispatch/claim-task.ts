import type { Deps } from '../../port/deps.ts';
import { withBegun } from './attempt-list.ts';
import { headKey, taskKey, type ExecutionRecord, type TaskRecord } from '../execution-record.ts';
import { storedChange } from '../stored-task.ts';

/** Time beyond the task's own limit after which its dispatcher is taken for dead: fetching, storing and one slow write. */
const leaseGraceMs = 60_000;

export interface ClaimedTask {
  head: ExecutionRecord;
  task: TaskRecord;
  claimedAt: number;
}

/** Holds of the head of a run in which attempts may begin. */
export const runIsOpen = { kind: 'compare', field: 'outcome', op: '=', value: 'open' } as const;

/** What a claim changes of a task. */
export function claimOf(task: TaskRecord, now: number): Pick<TaskRecord, 'state' | 'attempt' | 'leaseUntil' | 'attempts'> {
  const attempt = task.attempt + 1;
  return {
    state: 'running',
    attempt,
    leaseUntil: now + task.timeoutMs + leaseGraceMs,
    attempts: withBegun(task.attempts, attempt, now),
  };
}

/** Takes the task for one attempt; undefined when somebody else did, or when the run closed in the meantime. */
export async function claimTask({ table, clock }: Deps, head: ExecutionRecord, task: TaskRecord): Promise<ClaimedTask | undefined> {
  const now = clock.now();
  const change = claimOf(task, now);
  const isFirst = head.startedAt === null;
  const start = isFirst ? ({ state: 'running', startedAt: now } as const) : {};
  const headOfRun = headKey(head.tenant, head.id);
  const { ok } = await table.write([
    {
      kind: 'update',
      key: taskKey(head.tenant, head.id, task.id),
      set: storedChange(change),
      conditions: [
        { kind: 'compare', field: 'state', op: '=', value: 'ready' },
        { kind: 'compare', field: 'attempt', op: '=', value: task.attempt },
      ],
    },
    isFirst
      ? { kind: 'update', key: headOfRun, set: start, conditions: [runIsOpen] }
      : { kind: 'check', key: headOfRun, conditions: [runIsOpen] },
  ]);
  return ok ? { head: { ...head, ...start }, task: { ...task, ...change }, claimedAt: now } : undefined;
}
