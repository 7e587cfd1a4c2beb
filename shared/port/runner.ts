/**
 * The runner port: provision, execute, collect logs. Every driver passes tests/contract/runner-contract.ts.
 * A driver never sees a store: it gets verified bytes and inputs, and gives back a result and log lines.
 */
import type { JsonObject } from '../core/json/canonical-json.ts';
import type { Digest } from '../core/digest.ts';
import type { Id } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { EgressMode, EgressTrace } from './egress-trace.ts';
import type { EgressRule, ResourceClass } from '../manifest/manifest.ts';

/**
 * What separates task code from the machine, strongest first. `bubblewrap-seccomp`: what `bubblewrap` has, a system call filter that denies by default, limits of
 * the kernel by resource class, and never root's uid. `bubblewrap`: own namespaces, no network, read-only root.
 * `node-permission`: advisory, Node's permission model; it does not block the network. `simulated`: no code runs, for benchmarks only.
 */
export const sandboxLevels = ['bubblewrap-seccomp', 'bubblewrap', 'node-permission', 'simulated'] as const;
export type SandboxLevel = (typeof sandboxLevels)[number];

export interface TaskSpec {
  tenant: TenantId;
  executionId: Id<'exec'>;
  taskId: string;
  attempt: number;
  /** Equal for every attempt of the same task of the same execution; what external effects are made idempotent with. */
  idempotencyKey: string;
  package: { uses: string; digest: Digest; entry: Uint8Array };
  inputs: JsonObject;
  /** Files of the read-only workspace; `path` is relative, without `..`. */
  files: readonly { path: string; bytes: Uint8Array }[];
  limits: TaskLimits;
  egress: readonly EgressRule[];
  /** Whether hosts outside of that list are refused, or let through and written down. */
  egressMode: EgressMode;
}

export interface TaskLimits {
  resourceClass: ResourceClass;
  timeoutMs: number;
  memoryBytes: number;
  scratchBytes: number;
  /** Outputs as JSON may not be larger. */
  outputBytes: number;
  /** Log lines beyond this are dropped and counted. */
  logBytes: number;
}

export type TaskFailure = 'error' | 'timeout' | 'memory' | 'crashed' | 'cancelled' | 'invalid-output' | 'output-too-large' | 'sandbox';

export interface TaskUsage {
  wallMs: number;
  /** CPU time of the task, absent when the driver cannot tell. */
  cpuMs?: number;
  maxRssBytes?: number;
}

export type TaskResult =
  | { kind: 'succeeded'; outputs: JsonObject; usage: TaskUsage }
  | { kind: 'failed'; failure: TaskFailure; message: string; retryable: boolean; usage: TaskUsage };

export interface LogLine {
  /** Milliseconds since the Unix epoch. */
  at: number;
  stream: 'stdout' | 'stderr' | 'system';
  text: string;
}

/** One provisioned sandbox; used for one attempt and thrown away. */
export interface Sandbox {
  readonly level: SandboxLevel;
  /** Runs the task to its end. Never rejects for what the task did; only for our own bugs. */
  execute(signal: AbortSignal): Promise<TaskResult>;
  /** What became of its network calls; null for a task that declares no egress. Complete when `execute` has ended. */
  collectEgress(): Promise<EgressTrace | null>;
  /** Everything the task printed so far, in order. */
  collectLogs(): Promise<LogLine[]>;
  /** Frees what provisioning took; safe to call twice and in any state. */
  release(): Promise<void>;
}

export interface Runner {
  /** The level this driver reaches on this machine. */
  level(): Promise<SandboxLevel>;
  /** Throws `mc:runner:refused` when the level asked for cannot be had. */
  provision(spec: TaskSpec): Promise<Sandbox>;
}
