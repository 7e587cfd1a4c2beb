/**
 * The seal: outputs, receipt, signature, verification - and only then a terminal state, in the one write that also files the receipt and closes the run. A crash
 * before that write leaves an unsealed run that is sealed again; a second sealer loses the condition. So there is exactly one receipt.
 */
import { canonicalJson, type JsonObject } from '../../core/json/canonical-json.ts';
import { assertInvariant, hasCode, McError } from '../../core/errors.ts';
import { JsonRecord } from '../../core/json/json-value.ts';
import type { Decision } from '../../decision/decision.ts';
import { releaseUsageOps } from '../../tenant/usage.ts';
import { loadManifest } from '../../manifest/get-workflow.ts';
import { resolveReferences } from '../../manifest/reference.ts';
import { namedEntryOp } from '../../log/log-entry-op.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import { metricNames } from '../../port/metrics.ts';
import type { WriteOp } from '../../port/table.ts';
import type { PhaseInput } from '../../port/phases.ts';
import type { SignedStatement } from '../../port/keys/signer.ts';
import { signOwnText } from '../../receipt/sign/sign-own-text.ts';
import { bundleOps } from '../../receipt/stored/bundle-ops.ts';
import { openStates } from '../execution.ts';
import { executionPk, headKey, type ExecutionRecord, type TaskRecord } from '../execution-record.ts';
import { getExecutionRecord, isFinished, readTasks } from '../execution-store.ts';
import { decisionsInRows, startFacts } from '../decision-log.ts';
import { ledgerOp } from '../ledger.ts';
import { buildRunStatement } from '../run-statement.ts';
import { loadJson, storeJson } from '../stored-json.ts';
import { learnFromSealed } from './learn-from-sealed.ts';

/** The outcome of a finished run can change once more, from open or failed to cancelled. */
const maxRounds = 2;

/**
 * Seals a finished run; does nothing for one that is sealed already, and throws for one whose tasks or compensations are not over. Two things leave something
 * to be undone when all tasks have ended, and then this answers that the run is not sealed: a cancel before the last write, which wins, and outputs
 * that do not resolve, which fail the run.
 */
export async function sealRun(deps: Deps, input: PhaseInput): Promise<{ isSealed: boolean }> {
  for (let round = 0; round < maxRounds; round += 1) {
    const head = await getExecutionRecord(deps, input.tenant, input.executionId);
    if (head.receiptId !== null) return { isSealed: true };
    const tasks = await readTasks(deps, head);
    const isOver = isCompensated(head, tasks);
    const wasClosedLate = head.outcome === 'cancelled' || head.error?.failure === 'outputs';
    assertInvariant(isFinished(head, tasks) && (isOver || wasClosedLate), `${input.executionId} was to be sealed before it ended`);
    if (!isOver) return { isSealed: false };
    const result = await collectOutputs(deps, head, tasks);
    if (result.error !== null && tasks.some(({ compensation }) => compensation === 'pending')) {
      if (await failByOutputs(deps, head, result.error)) return { isSealed: false };
    } else if (await seal(deps, head, tasks, result)) return { isSealed: true };
  }
  // Another sealer was faster, and its receipt is the one; or it is about to be, and the next look finds it.
  const { receiptId } = await getExecutionRecord(deps, input.tenant, input.executionId);
  assertInvariant(receiptId !== null, `${input.executionId} changed more often while it was sealed than it can`);
  return { isSealed: true };
}

/** What the run answers, or why it has no answer. */
interface RunResult {
  outputs: JsonObject;
  error: ExecutionRecord['error'];
}

/** Closes a run whose tasks all succeeded for nothing, so that they are undone as after any failure; false when it changed meanwhile. */
async function failByOutputs(deps: Deps, { tenant, id }: ExecutionRecord, error: NonNullable<RunResult['error']>): Promise<boolean> {
  const conditions = [{ kind: 'compare', field: 'outcome', op: '=', value: 'open' }] as const;
  const { ok } = await deps.table.write([{ kind: 'update', key: headKey(tenant, id), set: { outcome: 'failed', error }, conditions }]);
  return ok;
}

/** Signs the receipt of the run as it was read; false when it changed meanwhile, and then nothing was filed. */
async function seal(deps: Deps, head: ExecutionRecord, tasks: readonly TaskRecord[], { outputs, error }: RunResult): Promise<boolean> {
  const { tenant, id: executionId } = head;
  const decision = await startFacts(deps, head);
  const receiptId = deps.ids.next('rcpt');
  const endedAt = deps.clock.now();
  const actualCostUsdMicros = tasks.reduce((sum, task) => sum + task.costUsdMicros, 0);
  const sealed: ExecutionRecord = {
    ...head,
    actualCostUsdMicros,
    state: head.outcome === 'open' ? (error === null ? 'succeeded' : 'failed') : head.outcome,
    error: head.error ?? error,
    receiptId,
    endedAt,
  };
  const objections = await findObjections(deps, head, tasks);
  const signed = await signReceipt(deps, buildRunStatement(deps.config, { head: sealed, tasks, decision, objections, outputs }));
  await deps.faults.hit('seal:after-sign');
  const bundle = await bundleOps(deps, tenant, signed);
  await deps.faults.hit('seal:after-receipt-blob');

  const written = await deps.table.write([
    {
      kind: 'update',
      key: headKey(tenant, executionId),
      set: {
        state: sealed.state,
        error: sealed.error,
        receiptId,
        endedAt,
        actualCostUsdMicros,
        outputs: await storeJson(deps, tenant, outputs, executionId),
      },
      // Nothing is left to do, so no sweep needs to find it, and nobody waits for its tasks.
      remove: ['gsi2pk', 'gsi2sk', 'phaseToken'],
      conditions: [
        { kind: 'in', field: 'state', values: openStates },
        // What was signed says how the run ended; a cancel since then says otherwise.
        { kind: 'compare', field: 'outcome', op: '=', value: head.outcome },
      ],
    },
    ...bundle.ops,
    ...receiptOps(head, { id: receiptId, bundleDigest: bundle.digest, signedAt: isoTime(endedAt) }, signed),
    ...settleOps(sealed, endedAt),
  ]);
  if (!written.ok) {
    assertInvariant(written.failed.includes(0), `${executionId} is open, and could not be sealed`);
    return false;
  }
  await deps.faults.hit('seal:after-write');
  deps.metrics.count(metricNames.receiptsTotal, 1, { state: sealed.state });
  await learnFromSealed(deps, sealed, tasks);
  return true;
}

/** The row of the receipt, and its entry for the transparency log. */
function receiptOps(
  { tenant, id }: ExecutionRecord,
  row: { id: string; bundleDigest: string; signedAt: string },
  signed: SignedStatement,
): WriteOp[] {
  const key = { pk: executionPk(tenant, id), sk: 'RECEIPT' };
  const item = { ...key, ...row, leaf: signed.leaf };
  return [{ kind: 'put', item, conditions: [{ kind: 'absent' }] }, namedEntryOp(signed, key)];
}

/** With the end of the run its slot is free and its price is known; the condition on the head makes both happen once. */
function settleOps(head: ExecutionRecord, endedAt: number): WriteOp[] {
  const { tenant, budgetDay, estimatedCostUsdMicros: estimatedUsdMicros, actualCostUsdMicros } = head;
  if (budgetDay === null) return [];
  return [
    ...releaseUsageOps(tenant, { day: budgetDay, estimatedUsdMicros }, actualCostUsdMicros),
    ledgerOp({ ...head, budgetDay }, actualCostUsdMicros, endedAt),
  ];
}

/** A receipt is one document, which people fetch and cosign verifies; beyond this, warnings are in it by their digests, as every decision is. */
const maxObjectionBytes = 1024 * 1024;

/** Warnings and denials about attempts stand in the receipt with their reasons; of a plain allow its digest is enough. */
async function findObjections(deps: Deps, head: ExecutionRecord, tasks: readonly TaskRecord[]): Promise<Decision[]> {
  const attempts = tasks.flatMap((task) => [...task.attempts, ...task.compensationAttempts]);
  if (attempts.every(({ decisions }) => decisions.every(({ verdict }) => verdict === 'allow'))) return [];
  const found: Decision[] = [];
  let bytes = 0;
  for await (const decision of decisionsInRows(deps, head)) {
    if (decision.verdict === 'allow') continue;
    bytes += Buffer.byteLength(JSON.stringify(decision.packs));
    // A denial ends the task it is about, so there are few, and all of them are told.
    if (decision.verdict === 'deny' || bytes <= maxObjectionBytes) found.push(decision);
  }
  return found;
}

/** A failed or cancelled run is over when everything that is to be undone was undone, or could not be. */
function isCompensated({ outcome }: ExecutionRecord, tasks: readonly TaskRecord[]): boolean {
  return outcome === 'open' || tasks.every(({ compensation }) => compensation !== 'pending' && compensation !== 'running');
}

async function signReceipt(deps: Deps, statement: string): Promise<SignedStatement> {
  const startedAt = deps.clock.elapsedMs();
  try {
    return await signOwnText(deps, statement);
  } catch (error) {
    if (hasCode(error, 'mc:receipt:invalid')) deps.metrics.count(metricNames.receiptVerifyFailuresTotal);
    throw error;
  } finally {
    deps.metrics.record(metricNames.signMs, deps.clock.elapsedMs() - startedAt);
  }
}

/** The results of the run; a reference that no task output satisfies fails the run instead of sealing a guess. */
async function collectOutputs(deps: Deps, head: ExecutionRecord, tasks: readonly TaskRecord[]): Promise<RunResult> {
  if (head.outcome !== 'open') return { outputs: {}, error: null };
  const { outputs: template } = await loadManifest(deps, head.tenant, head.workflow);
  if (!template) return { outputs: {}, error: null };
  const byTask = new Map<string, JsonObject>();
  for (const task of tasks) if (task.outputs) byTask.set(task.id, JsonRecord.parse(await loadJson(deps, head.tenant, task.outputs)));
  const inputs = JsonRecord.parse(await loadJson(deps, head.tenant, head.inputs));
  try {
    const outputs = JsonRecord.parse(resolveReferences(JsonRecord.parse(template), { inputs, outputsOf: (taskId) => byTask.get(taskId) }));
    canonicalJson(outputs);
    return { outputs, error: null };
  } catch (error) {
    if (!(error instanceof McError)) throw error;
    return { outputs: {}, error: { taskId: null, failure: 'outputs', message: error.message } };
  }
}
