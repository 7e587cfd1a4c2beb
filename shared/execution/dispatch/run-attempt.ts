/** One attempt of a task, from resolved inputs to stored outputs and logs. Never throws for what the task, its package or its inputs did. */
import { cutText } from '../../core/text/cut-text.ts';
import type { Digest } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';
import { checkAgainstSchema } from '../../package/check-schema.ts';
import { taskCost } from '../../estimate/task-cost.ts';
import { loadManifest } from '../../manifest/get-workflow.ts';
import type { Deps } from '../../port/deps.ts';
import { metricNames } from '../../port/metrics.ts';
import type { EgressTrace } from '../../port/egress-trace.ts';
import type { LogLine, SandboxLevel, TaskResult, TaskSpec } from '../../port/runner.ts';
import type { ExecutionRecord, TaskRecord } from '../execution-record.ts';
import type { Decision } from '../../decision/decision.ts';
import { writeDecisionLog, type DecisionLog } from '../decision-text.ts';
import { explainFailure } from './attempt-egress.ts';
import { judgeAttempt, type AttemptJudge } from './judge-attempt.ts';
import type { FailedAttempt } from './retry-policy.ts';
import { storeJson, type StoredJson } from '../stored-json.ts';
import { buildTaskSpec, type AttemptRequest, type BuiltSpec } from './task-spec.ts';
import { watchAttempt, type WatchedAttempt } from './watch-cancel.ts';

/** Characters of a message about an attempt; a task keeps those of all its attempts in one item. */
const maxMessage = 2_000;

export interface EndedAttempt {
  sandbox: SandboxLevel | null;
  inputsDigest: Digest | null;
  outputs: StoredJson | null;
  logDigest: Digest | null;
  wallMs: number;
  /** Measured: the price list of the package times the time the attempt took. */
  costUsdMicros: number;
  failed: FailedAttempt | null;
  /** What policy said about it. */
  decisions: readonly Decision[];
  decisionLog: DecisionLog | null;
  /** What became of its network calls; null without declared egress. */
  egress: EgressTrace | null;
}

/** Compensation goes on when its run is cancelled: half undone is worse than done. */
const unstoppable: WatchedAttempt = { signal: new AbortController().signal, end: () => undefined };

/** Runs one attempt to its end, or until its run is cancelled. */
export async function runAttempt(
  deps: Deps,
  head: ExecutionRecord,
  task: TaskRecord,
  purpose: AttemptRequest['purpose'] = 'task',
): Promise<EndedAttempt> {
  let watched = unstoppable;
  let judge: AttemptJudge | undefined;
  let ended: EndedAttempt;
  try {
    if (purpose === 'task') watched = await watchAttempt(deps, head);
    const request = { head, task, purpose, manifest: await loadManifest(deps, head.tenant, head.workflow) };
    judge = await judgeAttempt(deps, request);
    const prepared = await prepareAttempt(deps, request, judge);
    ended = 'package' in prepared ? await execute(deps, prepared, judge, watched.signal) : prepared;
  } catch (error) {
    ended = notStarted(error);
  } finally {
    watched.end();
  }
  // Whoever made the message: it goes into the receipt, and with half a character in it no receipt can be signed.
  if (ended.failed) ended.failed = { ...ended.failed, message: ended.failed.message.toWellFormed() };
  ended.decisions = judge?.decisions ?? [];
  ended.decisionLog = writeDecisionLog(ended.decisions, purpose === 'task' && task.attempt === 1);
  return ended;
}

/** What is to be run; or how the attempt ended before it began. */
async function prepareAttempt(deps: Deps, request: AttemptRequest, judge: AttemptJudge): Promise<BuiltSpec | EndedAttempt> {
  const denied = (await judge.place()) ?? (await judge.begin());
  if (denied) return { ...nothing, failed: denied };
  const spec = await buildTaskSpec(deps, request, judge.egressMode);
  if (spec.limits.timeoutMs > 0) return spec;
  const failed = { failure: 'timeout', message: 'the run is past its deadline', retryable: false } as const;
  return { ...nothing, inputsDigest: spec.inputsDigest, failed };
}

const nothing: EndedAttempt = {
  sandbox: null,
  inputsDigest: null,
  outputs: null,
  logDigest: null,
  wallMs: 0,
  costUsdMicros: 0,
  failed: null,
  decisions: [],
  decisionLog: null,
  egress: null,
};

/** An attempt of which nobody knows how far it came. */
export function lostAttempt(message: string): EndedAttempt {
  return { ...nothing, failed: { failure: 'lost', message, retryable: true } };
}

/** An attempt that met a bug of ours counts as lost and runs again; silence would leave it claimed until its lease ends. */
export function brokenAttempt(
  { logger }: Pick<Deps, 'logger'>,
  { head, task }: { head: ExecutionRecord; task: TaskRecord },
  error: unknown,
): EndedAttempt {
  logger.error('an attempt could not be brought to its end', { executionId: head.id, taskId: task.id, error });
  return lostAttempt('this attempt could not be brought to its end');
}

/** Errors that a next attempt may not meet, such as a full disk, are retried; a package that does not verify or inputs that do not fit are not. */
function failureFrom(error: unknown): FailedAttempt {
  if (!(error instanceof McError)) throw error;
  const [, area] = error.code.split(':');
  const failure = area === 'package' || area === 'store' || area === 'policy' ? area : area === 'runner' ? 'sandbox' : 'inputs';
  const detail = error.issues.map((issue) => `${issue.pointer} ${issue.message}`).join('; ');
  const message = detail ? `${error.message}: ${detail}` : error.message;
  return { failure, message: cutText(message, maxMessage), retryable: error.retry === 'backoff' };
}

function notStarted(error: unknown): EndedAttempt {
  return { ...nothing, failed: failureFrom(error) };
}

/** It has run and cost what it cost, whatever kept its results from being judged or stored. What failed has failed; what succeeded has run for nothing, which is no fault of the task. */
function notKept(ended: EndedAttempt, error: unknown): EndedAttempt {
  const failed = failureFrom(error);
  const own = ended.failed;
  if (own) return { ...ended, failed: { ...own, message: `${own.message} (its log could not be stored: ${failed.message})` } };
  return { ...ended, failed: { ...failed, message: `the result of the task could not be stored: ${failed.message}` } };
}

async function execute(deps: Deps, spec: BuiltSpec, judge: AttemptJudge, signal: AbortSignal): Promise<EndedAttempt> {
  let sandbox;
  try {
    sandbox = await deps.runner.provision(spec);
  } catch (error) {
    return { ...notStarted(error), inputsDigest: spec.inputsDigest };
  }
  try {
    const result = checkOutputs(spec, await sandbox.execute(signal));
    await deps.faults.hit('dispatch:after-run');
    const { wallMs } = result.usage;
    deps.metrics.record(metricNames.taskMs, wallMs, { level: sandbox.level });
    const price = { cost: spec.descriptor.cost, resourceClass: spec.limits.resourceClass, place: deps.config };
    const ended: EndedAttempt = {
      ...nothing,
      sandbox: sandbox.level,
      inputsDigest: spec.inputsDigest,
      wallMs: Math.round(wallMs),
      costUsdMicros: taskCost(price, wallMs),
      failed: failureOf(result),
      egress: await sandbox.collectEgress(),
    };
    try {
      const denied = await judge.write(result.kind === 'succeeded' ? 'outputs' : 'log');
      if (denied) ended.failed = denied;
      else await storeResult(deps, spec, { result, lines: await sandbox.collectLogs() }, ended);
      ended.failed = explainFailure(ended.failed, ended.egress);
      return ended;
    } catch (error) {
      return notKept(ended, error);
    }
  } finally {
    await sandbox.release();
  }
}

/** Keeps logs and outputs; what the attempt left is known only when both are. */
async function storeResult(
  deps: Deps,
  spec: TaskSpec,
  { result, lines }: { result: TaskResult; lines: readonly LogLine[] },
  ended: EndedAttempt,
): Promise<void> {
  const logDigest = lines.length === 0 ? null : await storeLogs(deps, spec, lines);
  const outputs = result.kind === 'succeeded' ? await storeJson(deps, spec.tenant, result.outputs, spec.executionId) : null;
  await deps.faults.hit('dispatch:after-blobs');
  ended.logDigest = logDigest;
  ended.outputs = outputs;
}

/** Outputs that are not what the package promised would break a later task far from the cause. */
function checkOutputs(spec: BuiltSpec, result: TaskResult): TaskResult {
  if (result.kind === 'failed') return result;
  const issues = checkAgainstSchema(spec.package.digest, 'outputs', spec.descriptor.outputs, result.outputs);
  if (issues.length === 0) return result;
  const message = `the outputs do not fit the package: ${issues.map((issue) => `${issue.pointer} ${issue.message}`).join('; ')}`;
  return { kind: 'failed', failure: 'invalid-output', message, retryable: false, usage: result.usage };
}

function failureOf(result: TaskResult): FailedAttempt | null {
  if (result.kind === 'succeeded') return null;
  return { failure: result.failure, message: cutText(result.message, maxMessage), retryable: result.retryable };
}

/** Logs are NDJSON, one line a record; an attempt that printed nothing has none. The first line names the run, so that no two runs have the same log. */
function storeLogs(deps: Deps, spec: TaskSpec, lines: readonly LogLine[]): Promise<Digest> {
  const { taskId, attempt, executionId } = spec;
  const text = lines.map((line, at) => `${JSON.stringify({ ...line, taskId, attempt, ...(at === 0 && { executionId }) })}\n`).join('');
  return deps.blobs.put(spec.tenant, 'log', Buffer.from(text));
}
