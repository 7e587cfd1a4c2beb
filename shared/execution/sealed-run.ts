import type { JsonObject } from '../core/json/canonical-json.ts';
import type { Decision } from '../decision/decision.ts';
import type { DecisionFacts } from './decision-log.ts';
import type { ExecutionRecord, TaskRecord } from './execution-record.ts';
import type { TaskState } from './execution.ts';

/** A run as its receipt tells of it. */
export interface SealedRun {
  head: ExecutionRecord;
  tasks: readonly TaskRecord[];
  /** What let it start. */
  decision: DecisionFacts;
  /** What policy said about attempts, where it was not a plain allow. */
  objections: readonly Decision[];
  outputs: JsonObject;
}

/**
 * The state of a task in a sealed run: nothing starts it any more. One that waited and had attempts is not `skipped`, for what these did may be there: it is `cancelled` where a cancel kept
 * it from the next one, and `failed` otherwise.
 */
export function sealedTaskState({ outcome }: Pick<ExecutionRecord, 'outcome'>, task: Pick<TaskRecord, 'state' | 'attempts'>): TaskState {
  if (task.state !== 'blocked' && task.state !== 'ready') return task.state;
  if (task.attempts.length === 0) return 'skipped';
  return outcome === 'cancelled' ? 'cancelled' : 'failed';
}
