/**
 * A runner without processes, for benchmarks and tests of the engine: a function says how each task ends. Its level is `simulated`, which stands in
 * plan and receipt, so that nobody takes such a run for real work.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { InvariantError } from '../../shared/core/errors.ts';
import type { EgressTrace } from '../../shared/port/egress-trace.ts';
import type { LogLine, Runner, Sandbox, SandboxLevel, TaskResult, TaskSpec } from '../../shared/port/runner.ts';

export interface SimulatedTask {
  result: TaskResult;
  /** How long the task seems to run; default: it ends in the same turn. */
  delayMs?: number;
  /** The task seems to run until this resolves. */
  until?: Promise<void>;
  log?: readonly LogLine[];
  /** What became of network calls that nobody made. */
  egress?: EgressTrace;
}

/** How a task ends, from what it was given. A benchmark passes a constant, a test looks at `taskId` and `attempt`. */
export type Simulate = (spec: TaskSpec) => SimulatedTask;

/** Every task succeeds at once and answers its inputs. */
export const simulateEcho: Simulate = (spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 0 } } });

const cancelled: TaskResult = {
  kind: 'failed',
  failure: 'cancelled',
  message: 'the task was cancelled',
  retryable: false,
  usage: { wallMs: 0 },
};

class SimulatedSandbox implements Sandbox {
  readonly level = 'simulated';
  readonly #spec: TaskSpec;
  readonly #simulate: Simulate;
  #log: readonly LogLine[] = [];
  #egress: EgressTrace | null = null;
  #isUsed = false;

  constructor(spec: TaskSpec, simulate: Simulate) {
    this.#spec = spec;
    this.#simulate = simulate;
  }

  async execute(signal: AbortSignal): Promise<TaskResult> {
    if (this.#isUsed) throw new InvariantError('a sandbox was used for a second attempt');
    this.#isUsed = true;
    if (signal.aborted) return cancelled;
    const { result, delayMs = 0, until, log = [], egress = null } = this.#simulate(this.#spec);
    this.#log = log;
    this.#egress = egress;
    if (delayMs > 0) await delay(delayMs, undefined, { signal }).catch(() => undefined); // The signal is asked below.
    await until;
    return signal.aborted ? cancelled : result;
  }

  collectEgress(): Promise<EgressTrace | null> {
    return Promise.resolve(this.#egress);
  }

  collectLogs(): Promise<LogLine[]> {
    return Promise.resolve([...this.#log]);
  }

  release(): Promise<void> {
    return Promise.resolve();
  }
}

export class SimulatedRunner implements Runner {
  readonly #simulate: Simulate;

  constructor(simulate: Simulate = simulateEcho) {
    this.#simulate = simulate;
  }

  level(): Promise<SandboxLevel> {
    return Promise.resolve('simulated');
  }

  provision(spec: TaskSpec): Promise<Sandbox> {
    return Promise.resolve(new SimulatedSandbox(spec, this.#simulate));
  }
}
