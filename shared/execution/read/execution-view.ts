import type { JsonObject } from '../../core/canonical-json.ts';
import { isoTime } from '../../port/clock.ts';
import type { ExecutionRecord, TaskRecord } from '../execution-record.ts';
import type { Execution, TaskView } from '../execution.ts';

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

/** A run as the API shows it; outputs only where the caller loaded them. */
export function toExecution(head: ExecutionRecord, tasks: readonly TaskRecord[], outputs: JsonObject | null = null): Execution {
  const isTerminal = head.state === 'succeeded' || head.state === 'failed';
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
    actualCostUsdMicros: isTerminal ? head.actualCostUsdMicros : null,
    decisionId: head.decisionId,
    receiptId: head.receiptId,
    error: head.error,
    outputs,
    tasks: tasks.map((task) => toTaskView(task, isTerminal)),
  };
}

function toTaskView(task: TaskRecord, isTerminal: boolean): TaskView {
  // Nothing starts a task of a sealed run any more.
  const isSkipped = isTerminal && (task.state === 'blocked' || task.state === 'ready');
  return {
    id: task.id,
    uses: task.uses,
    packageDigest: task.packageDigest,
    state: isSkipped ? 'skipped' : task.state,
    needs: task.needs,
    attempts: task.attempts,
    outputsDigest: task.outputs?.digest ?? null,
    costUsdMicros: task.costUsdMicros,
    compensation: task.compensation,
    compensationAttempts: task.compensationAttempts,
  };
}
