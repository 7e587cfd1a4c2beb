import { canonicalJson, type JsonObject } from '../core/json/canonical-json.ts';
import { canonicalObject } from '../core/json/canonical-object.ts';
import { merkleRoot } from '../core/merkle.ts';
import { isoTime } from '../port/clock.ts';
import type { DecisionFacts } from './decision-log.ts';
import type { ExecutionRecord, TaskRecord } from './execution-record.ts';
import type { Attempt } from './execution.ts';
import { sealedTaskState, type SealedRun } from './sealed-run.ts';

/**
 * What SLSA has no field for, as canonical JSON: state, steps as a Merkle list, decisions, cost, sandbox. Members stand in their canonical order. Messages and
 * reasons are mended here too: homes before 0.3.0 kept them with half a character in them, and such a run would never be sealed.
 */
export function receiptFacts({ head, tasks, decision, objections }: SealedRun): string {
  const steps = tasks.map((task) => canonicalJson(stepFacts(head, task)));
  return canonicalObject({
    cancellation: head.cancellation && canonicalJson({ ...head.cancellation, reason: head.cancellation.reason.toWellFormed() }),
    cost: canonicalJson({
      actualUsdMicros: head.actualCostUsdMicros,
      basis: 'measured',
      budgetDay: head.budgetDay,
      estimatedHighUsdMicros: head.estimatedCostHighUsdMicros,
      estimatedUsdMicros: head.estimatedCostUsdMicros,
    }),
    decisions: canonicalJson([decision, ...objections].map(decisionFacts)),
    error: canonicalJson(head.error && { ...head.error, message: head.error.message.toWellFormed() }),
    receiptId: canonicalJson(head.receiptId),
    replayOf: head.replayOf && canonicalJson(head.replayOf),
    requestedAt: canonicalJson(isoTime(head.createdAt)),
    requestedBy: canonicalJson(head.createdBy),
    retryOf: head.retryOf && canonicalJson(head.retryOf),
    sandbox: canonicalJson(head.sandbox),
    state: canonicalJson(head.state),
    steps: canonicalObject({
      entries: `[${steps.join(',')}]`,
      merkle: '"RFC 6962, SHA-256, leaves are the canonical JSON of the entries"',
      root: canonicalJson(merkleRoot(steps)),
    }),
    version: '1',
  });
}

function stepFacts(head: ExecutionRecord, task: TaskRecord): JsonObject {
  const attempts = task.attempts.map(attemptFacts);
  return {
    attempts,
    compensation: task.compensation,
    compensationAttempts: task.compensationAttempts.map(attemptFacts),
    costUsdMicros: task.costUsdMicros,
    outputsDigest: task.outputs?.digest ?? null,
    packageDigest: task.packageDigest,
    ...(task.reusedFrom && { reused: true, reusedFrom: task.reusedFrom }),
    state: sealedTaskState(head, task),
    task: task.id,
    uses: task.uses,
  };
}

function attemptFacts(attempt: Attempt): JsonObject {
  const { egress } = attempt;
  return {
    attempt: attempt.attempt,
    decisions: attempt.decisions.map(({ id, point, verdict }) => ({ id, point, verdict })),
    decisionsDigest: attempt.decisionsDigest,
    ...(egress && { egress: { ...egress, rows: egress.rows.map((row) => ({ ...row })) } }),
    endedAt: attempt.endedAt,
    failure: attempt.failure,
    inputsDigest: attempt.inputsDigest,
    logDigest: attempt.logDigest,
    message: attempt.message?.toWellFormed() ?? null,
    outputsDigest: attempt.outputsDigest,
    sandbox: attempt.sandbox,
    startedAt: attempt.startedAt,
    wallMs: attempt.wallMs,
  };
}

function decisionFacts(decision: DecisionFacts): JsonObject {
  return {
    decidedAt: decision.decidedAt,
    id: decision.id,
    packs: decision.packs.map(({ pack, digest, verdict, entries }) => ({
      digest,
      entries: entries.map((entry) => ({ ...entry })),
      pack,
      verdict,
    })),
    point: decision.point,
    task: decision.input.task?.id ?? null,
    verdict: decision.verdict,
  };
}
