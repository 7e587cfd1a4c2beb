import { digestBytes } from '../../../shared/core/digest.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { ExecutionRecord, TaskRecord } from '../../../shared/execution/execution-record.ts';
import type { SealedRun } from '../../../shared/execution/sealed-run.ts';
import { buildDecision, overBudget } from '../build-decision.ts';
import { buildEgressTrace } from '../build-egress-trace.ts';

const digest = digestBytes('{}');
const at = '2026-11-21T10:00:00.000Z';
const stored = { digest, sizeBytes: 2, inline: {} };

interface Words {
  /** In every place that a person or a program fills. */
  text: string;
  isCancelled: boolean;
  tasks: number;
}

/** A sealed run with something in every part of its receipt. */
export function buildSealedRun({ text, isCancelled, tasks }: Words): SealedRun {
  const head = ExecutionRecord.parse({
    ...{ id: 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV', tenant: 'acme', state: isCancelled ? 'cancelled' : 'succeeded' },
    ...{ outcome: isCancelled ? 'cancelled' : 'open', workflow: { name: 'words', version: '1.0.0', digest }, region: 'EU' },
    ...{ sandbox: 'simulated', createdAt: 1_000, createdBy: text, startedAt: 2_000, endedAt: 3_000, deadlineAt: 9_000 },
    ...{ inputs: stored, files: { file: { digest, name: 'f.txt' } }, outputs: stored, inputBytes: 2 },
    ...{ estimatedCostUsdMicros: 6, estimatedCostHighUsdMicros: 9, actualCostUsdMicros: 3, budgetDay: '2026-11-21' },
    ...{ decisionId: 'dec_01ARZ3NDEKTSV4RRFFQ69G5FAV', receiptId: 'rcpt_01ARZ3NDEKTSV4RRFFQ69G5FAV' },
    error: isCancelled ? { taskId: null, failure: 'cancelled', message: text } : null,
    ...(isCancelled && { cancellation: { by: text, reason: text, at }, retryOf: 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAW' }),
  });
  return {
    head,
    tasks: Array.from({ length: tasks }, (_, index) => buildTask(`task${index}`, text)),
    decision: buildDecision(),
    objections: isCancelled ? [buildDecision({ point: 'task' }, [{ ...overBudget, message: text }])] : [],
    outputs: { [text]: text, word: [text, null, 1.5] },
  };
}

function buildTask(id: string, text: string): TaskRecord {
  const attempt = { attempt: 1, startedAt: at, endedAt: at, sandbox: 'simulated', inputsDigest: digest, logDigest: digest, wallMs: 7 };
  const decisions = [{ id: 'dec_01ARZ3NDEKTSV4RRFFQ69G5FAX', point: 'task', verdict: 'allow' }];
  return TaskRecord.parse({
    ...{ id, uses: 'pkg:demo/echo@1.0.0', packageDigest: digest, packageOwner: TenantId.parse('acme'), state: 'succeeded', waitingOn: 0 },
    ...{ attempt: 2, timeoutMs: 1_000, resourceClass: 'small', readyAt: 1_000, outputs: stored, costUsdMicros: 3 },
    attempts: [
      { ...attempt, failure: 'error', message: text, decisions, decisionsDigest: digest, egress: buildEgressTrace() },
      { ...attempt, attempt: 2, decisions, decisionsDigest: digest },
    ],
  });
}
