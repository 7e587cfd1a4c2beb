import type { JsonObject } from '../../core/json/canonical-json.ts';
import { isoTime } from '../../port/clock.ts';
import type { AttemptRecord, ExecutionRecord, TaskRecord } from '../execution-record.ts';
import { isTerminal, type Attempt, type Execution, type TaskState, type TaskView } from '../execution.ts';
import { sealedTaskState } from '../sealed-run.ts';

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

/** A run as the API shows it; outputs only where the caller loaded them. */
export function toExecution(head: ExecutionRecord, tasks: readonly TaskRecord[], outputs: JsonObject | null = null): Execution {
  const isSealed = isTerminal(head.state);
  const stateOf = (task: TaskRecord): TaskState => (isSealed ? sealedTaskState(head, task) : task.state);
  return {
    id: head.id,
    state: head.state,
    workflow: head.workflow,
    region: head.region,
    sandbox: head.sandbox,
    createdAt: isoTime(head.createdAt),
    createdBy: head.createdBy,
    startedAt: isoOrNull(head.startedAt),
    endedAt: isoOrNull(head.endedAt),
    estimatedCostUsdMicros: head.estimatedCostUsdMicros,
    actualCostUsdMicros: isSealed ? head.actualCostUsdMicros : null,
    decisionId: head.decisionId,
    receiptId: head.receiptId,
    error: head.error,
    cancellation: head.cancellation ?? null,
    retryOf: head.retryOf ?? null,
    replayOf: head.replayOf ?? null,
    retriedBy: head.retriedBy ?? null,
    outputs,
    tasks: tasks.map((task) => toTaskView(task, stateOf(task))),
  };
}

function toTaskView(task: TaskRecord, state: TaskState): TaskView {
  return {
    id: task.id,
    uses: task.uses,
    packageDigest: task.packageDigest,
    state,
    needs: task.needs,
    attempts: task.attempts.map(toAttempt),
    outputsDigest: task.outputs?.digest ?? null,
    reusedFrom: task.reusedFrom ?? null,
    costUsdMicros: task.costUsdMicros,
    compensation: task.compensation,
    compensationAttempts: task.compensationAttempts.map(toAttempt),
  };
}

function toAttempt({ judged: _judged, ...attempt }: AttemptRecord): Attempt {
  return attempt;
}
