/** The sandbox of one attempt: a child process, cold or warm, and what is around it on the host. */
import { InvariantError } from '../../shared/core/errors.ts';
import type { Clock } from '../../shared/port/clock.ts';
import type { EgressTrace } from '../../shared/port/egress-trace.ts';
import { metricNames, type Metrics } from '../../shared/port/metrics.ts';
import type { LogLine, Sandbox, SandboxLevel, TaskResult, TaskSpec } from '../../shared/port/runner.ts';
import { AttemptEgress, type EgressOptions } from '../egress/attempt-egress.ts';
import { isLargerThan } from './folder-size.ts';
import type { Isolation } from './isolation.ts';
import { LogCollector } from './log-collector.ts';
import { taskEnvironment } from './node-arguments.ts';
import { runChild, type ChildEnd, type ChildRequest } from './child/run-child.ts';
import { SandboxProcess } from './child/sandbox-process.ts';
import { describeScratch, holdScratch, type HeldScratch } from './scratch-audit.ts';
import { egressSocket, removeTaskFolder, type RemovalLog, type TaskFolder } from './task-folder.ts';
import { toTaskResult } from './task-result.ts';

export interface ChildSandboxParts {
  spec: TaskSpec;
  isolation: Isolation;
  /** Holds package and files of the attempt. */
  folder: TaskFolder;
  clock: Clock;
  /** A process in this isolation on this folder that waits for its request; without it one is started. */
  waiting?: SandboxProcess | undefined;
  /** When the runner got the attempt, by `clock.elapsedMs()`. */
  handedOverAt: number;
  metrics?: Pick<Metrics, 'count' | 'record'> | undefined;
  logger?: RemovalLog | undefined;
}

const cancelledBefore: TaskResult = {
  kind: 'failed',
  failure: 'cancelled',
  message: 'the task was cancelled before it started',
  retryable: false,
  usage: { wallMs: 0 },
};

export class ChildSandbox implements Sandbox {
  readonly level: SandboxLevel;
  readonly #parts: ChildSandboxParts;
  readonly #log: LogCollector;
  readonly #released = new AbortController();
  #start: 'cold' | 'warm' = 'cold';
  #running: Promise<TaskResult> | undefined;
  #held: Promise<HeldScratch | undefined> | undefined;
  #egress: AttemptEgress | undefined;

  constructor(parts: ChildSandboxParts) {
    this.level = parts.isolation.level;
    this.#parts = parts;
    this.#log = new LogCollector(parts.clock, parts.spec.limits.logBytes);
  }

  execute(signal: AbortSignal): Promise<TaskResult> {
    if (this.#running !== undefined) throw new InvariantError('a sandbox was used for a second attempt');
    this.#running = this.#run(AbortSignal.any([signal, this.#released.signal]));
    return this.#running;
  }

  /** Opens the way to the network that the task declares; before that it has none. */
  async openEgress(options: EgressOptions = {}): Promise<void> {
    const { spec, isolation, folder } = this.#parts;
    const place = {
      socket: egressSocket(folder),
      networkBlocked: isolation.networkBlocked,
      say: (text: string) => this.#log.system(text),
    };
    this.#egress = await AttemptEgress.open(spec, place, options);
  }

  collectEgress(): Promise<EgressTrace | null> {
    return Promise.resolve(this.#egress?.trace() ?? null);
  }

  collectLogs(): Promise<LogLine[]> {
    return Promise.resolve(this.#log.lines());
  }

  async release(): Promise<void> {
    this.#released.abort();
    await this.#running?.catch(() => undefined); // Whoever asked for the attempt is told; its folder goes all the same.
    const { waiting, folder, logger } = this.#parts;
    // One that was never asked waits for ever.
    waiting?.kill();
    await waiting?.ended;
    try {
      await this.#egress?.close();
    } finally {
      await removeTaskFolder(folder, logger);
    }
  }

  async #run(signal: AbortSignal): Promise<TaskResult> {
    if (signal.aborted) return cancelledBefore;
    const { limits } = this.#parts.spec;
    const end = await runChild(await this.#process(), { ...this.#request(), signal });
    // What it began is not finished behind its back, and nothing is counted any more.
    await this.#egress?.close();
    const result = toTaskResult(end, limits.outputBytes);
    this.#log.end();
    await this.#sayScratch(end);
    if (result.kind === 'failed') this.#log.system(`${result.failure}: ${result.message}`);
    return result;
  }

  /** The process that waits, if it still does. */
  #process(): Promise<SandboxProcess | Error> {
    const { spec, isolation, folder, waiting } = this.#parts;
    if (waiting?.isWaiting === true) {
      this.#start = 'warm';
      return Promise.resolve(waiting);
    }
    return SandboxProcess.start(isolation.command(folder, spec.limits), taskEnvironment(isolation.places(folder)));
  }

  /** Every process of the task is dead by now, so what is listed is what it left. */
  async #sayScratch({ answer }: ChildEnd): Promise<void> {
    const { isolation, folder } = this.#parts;
    // Awaited even when the task has ended meanwhile: a late descriptor would stay open.
    const held = await this.#held;
    const root = isolation.scratchBounded ? held?.path : folder.scratch;
    try {
      const left = root === undefined ? 'left in scratch: not known, it could not be looked into' : await describeScratch(root);
      // A sandbox that never came up has no scratch to speak of.
      if (left !== undefined && answer !== '') this.#log.system(left);
    } finally {
      await held?.release();
    }
  }

  #request(): Omit<ChildRequest, 'signal'> {
    const { spec, isolation, folder, clock } = this.#parts;
    const { inputs, attempt, idempotencyKey, limits } = spec;
    const places = isolation.places(folder);
    return {
      request: JSON.stringify({ ...places, egress: this.#egress?.isOpen === true ? places.egress : null, inputs, attempt, idempotencyKey }),
      timeoutMs: limits.timeoutMs,
      outputBytes: limits.outputBytes,
      log: this.#log,
      clock,
      onReady: async (pid) => void (await (this.#held = holdScratch(pid, places.scratch))),
      onAsked: () => this.#countStart(),
      ...(isolation.scratchBounded ? {} : { isScratchFull: () => isLargerThan(folder.scratch, limits.scratchBytes) }),
    };
  }

  #countStart(): void {
    const { metrics, clock, handedOverAt } = this.#parts;
    const start = { start: this.#start };
    metrics?.count(metricNames.taskStartsTotal, 1, start);
    metrics?.record(metricNames.taskStartMs, clock.elapsedMs() - handedOverAt, start);
  }
}
