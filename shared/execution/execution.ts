import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';
import { UsdMicros } from '../core/money.ts';
import { Region } from '../manifest/manifest.ts';
import { EgressTrace } from '../port/egress-trace.ts';
import { PolicyPoint } from '../port/policy-engine.ts';
import { sandboxLevels } from '../port/runner.ts';

/** `running` until the receipt verifies; only then `succeeded`, `failed` or `cancelled`. */
export const ExecutionState = z.enum(['queued', 'running', 'compensating', 'succeeded', 'failed', 'cancelled']);
export type ExecutionState = z.infer<typeof ExecutionState>;

/** The states that nothing leaves; a run in one of them has its receipt. */
export const terminalStates = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly ExecutionState[];
/** The states of a run that is not sealed. */
export const openStates = ['queued', 'running', 'compensating'] as const satisfies readonly ExecutionState[];

/** Whether the run is sealed and will never change again. */
export function isTerminal(state: ExecutionState): boolean {
  return terminalStates.some((terminal) => terminal === state);
}

/** Who cancelled a run, why and when. */
export const Cancellation = z.strictObject({ by: z.string(), reason: z.string(), at: z.iso.datetime() });
export type Cancellation = z.infer<typeof Cancellation>;

export const TaskState = z.enum(['blocked', 'ready', 'running', 'succeeded', 'failed', 'cancelled', 'skipped']);
export type TaskState = z.infer<typeof TaskState>;

/** A decision about an attempt in short; the whole of it is in the log of decisions that the attempt names by its digest. */
const AttemptDecision = z.strictObject({
  id: idSchema('dec'),
  point: PolicyPoint,
  verdict: z.enum(['allow', 'warn', 'deny']),
});

/** One attempt of a task: when, in which sandbox, on which bytes, with what result. */
export const Attempt = z.strictObject({
  attempt: z.int().positive(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  sandbox: z.enum(sandboxLevels).nullable(),
  inputsDigest: Digest.nullable(),
  outputsDigest: Digest.nullable(),
  logDigest: Digest.nullable(),
  /** Why it failed (a TaskFailure, or `lost` when its dispatcher died); null while it runs or when it succeeded. */
  failure: z.string().nullable(),
  message: z.string().nullable(),
  wallMs: z.int().nonnegative().nullable(),
  decisions: z.array(AttemptDecision).describe('What policy said where the attempt was placed, begun and stored'),
  decisionsDigest: Digest.nullable().describe('Digest of the text that holds these decisions whole, with what was asked'),
  egress: EgressTrace.optional().describe('What became of its network calls; absent for a task that declares no egress'),
});
export type Attempt = z.infer<typeof Attempt>;

export const TaskView = z.strictObject({
  id: z.string(),
  uses: z.string(),
  packageDigest: Digest,
  state: TaskState,
  needs: z.array(z.string()),
  attempts: z.array(Attempt),
  outputsDigest: Digest.nullable(),
  reusedFrom: idSchema('exec').nullable().describe('The run whose attempt gave the outputs, when this run did not need to do it again'),
  costUsdMicros: UsdMicros,
  compensation: z
    .enum(['none', 'pending', 'running', 'done', 'failed'])
    .describe(
      '`pending` from the success of a task that declares one; it begins when the run fails or is cancelled, and never in one that succeeds',
    ),
  compensationAttempts: z.array(Attempt),
});
export type TaskView = z.infer<typeof TaskView>;

/** A run as the API shows it. */
export const Execution = z
  .strictObject({
    id: idSchema('exec'),
    state: ExecutionState,
    workflow: z.strictObject({ name: z.string(), version: z.string(), digest: Digest }),
    region: z.string(),
    sandbox: z.enum(sandboxLevels),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    estimatedCostUsdMicros: UsdMicros,
    actualCostUsdMicros: UsdMicros.nullable(),
    decisionId: idSchema('dec'),
    receiptId: idSchema('rcpt').nullable(),
    error: z.strictObject({ taskId: z.string().nullable(), failure: z.string(), message: z.string() }).nullable(),
    cancellation: Cancellation.nullable().describe('Present from the moment a cancel is accepted; the state follows with the receipt'),
    retryOf: idSchema('exec').nullable().describe('The run that this one retries'),
    replayOf: idSchema('exec').nullable().describe('The run that this one replays'),
    retriedBy: idSchema('exec').nullable().describe('The run that retries this one'),
    outputs: z.record(z.string(), z.json()).nullable().describe('Results of a succeeded run; only in the answer for one execution'),
    tasks: z.array(TaskView).describe('Empty in lists'),
  })
  .meta({ id: 'Execution' });
export type Execution = z.infer<typeof Execution>;

/** Body of POST /api/executions. */
export const StartRequest = z
  .strictObject({
    workflow: z.string().min(3).max(160).describe('`wf_…`, `name` (newest published version) or `name@version`'),
    inputs: z
      .record(z.string(), z.json())
      .optional()
      .describe('Values of the declared inputs; a `file` input takes `{digest, name}` of an upload'),
    region: Region.optional().describe('Where the caller wants the data processed; default: the region of the workflow'),
  })
  .meta({ id: 'StartRequest' });
export type StartRequest = z.infer<typeof StartRequest>;

// The manifest declares file inputs, so it owns their shape.
export { FileRef } from '../manifest/file-ref.ts';
