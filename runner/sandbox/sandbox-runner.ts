/**
 * The runner of one machine: a new child process for every attempt, in the strongest sandbox that works here. The level is found once and
 * never changes while the runner lives, so what the plan said is what the receipt will say.
 */
import { InvariantError, McError } from '../../shared/core/errors.ts';
import type { Clock } from '../../shared/port/clock.ts';
import type { LogLine, Runner, Sandbox, SandboxLevel, TaskResult, TaskSpec } from '../../shared/port/runner.ts';
import { sandboxLevels } from '../../shared/port/runner.ts';
import { AttemptEgress, type EgressOptions } from '../egress/attempt-egress.ts';
import type { EgressTrace } from '../../shared/port/egress-trace.ts';
import { detectIsolation } from './detect-isolation.ts';
import { isLargerThan } from './folder-size.ts';
import type { Isolation } from './isolation.ts';
import { keepDebuggerShut } from './keep-debugger-shut.ts';
import { LogCollector } from './log-collector.ts';
import { taskEnvironment } from './node-arguments.ts';
import { runChild, type ChildEnd } from './run-child.ts';
import { describeScratch, holdScratch, type HeldScratch } from './scratch-audit.ts';
import { egressSocket, makeTaskFolder, removeLeftFolders, removeTaskFolder, type TaskFolder } from './task-folder.ts';
import { toTaskResult } from './task-result.ts';

export interface SandboxRunnerOptions {
  clock: Clock;
  /** Folder for the folders of attempts, of this runner alone; made when absent, and emptied of what a killed host left there. */
  folder: string;
  /** The Node that runs tasks; default is the one that runs us. */
  nodePath?: string;
  /** Refuse tasks when nothing this strong works; default `node-permission`. */
  minimumLevel?: Isolation['level'];
  /** How the egress proxy resolves names; for tests. */
  egress?: EgressOptions;
  /** Do not try anything stronger; default `bubblewrap-seccomp`. */
  highestLevel?: Isolation['level'];
}

/** What the level means on this machine, for `maestro up` and its log. */
export interface SandboxDescription {
  level: SandboxLevel;
  /** The tools that make it up. */
  tools: string;
  networkBlocked: boolean;
  processesHidden: boolean;
  /** Why stronger ways do not work here. */
  refused: readonly string[];
}

class ChildSandbox implements Sandbox {
  readonly level: SandboxLevel;
  readonly #spec: TaskSpec;
  readonly #isolation: Isolation;
  readonly #folder: TaskFolder;
  readonly #clock: Clock;
  readonly #log: LogCollector;
  readonly #released = new AbortController();
  #running: Promise<TaskResult> | undefined;
  #held: Promise<HeldScratch | undefined> | undefined;
  #egress: AttemptEgress | undefined;

  constructor(spec: TaskSpec, isolation: Isolation, folder: TaskFolder, clock: Clock) {
    this.level = isolation.level;
    this.#clock = clock;
    this.#spec = spec;
    this.#isolation = isolation;
    this.#folder = folder;
    this.#log = new LogCollector(clock, spec.limits.logBytes);
  }

  execute(signal: AbortSignal): Promise<TaskResult> {
    if (this.#running !== undefined) throw new InvariantError('a sandbox was used for a second attempt');
    this.#running = this.#run(AbortSignal.any([signal, this.#released.signal]));
    return this.#running;
  }

  /** Opens the way to the network that the task declares; before that it has none. */
  async openEgress(options: EgressOptions = {}): Promise<void> {
    const { networkBlocked } = this.#isolation;
    const place = { socket: egressSocket(this.#folder), networkBlocked, say: (text: string) => this.#log.system(text) };
    this.#egress = await AttemptEgress.open(this.#spec, place, options);
  }

  collectEgress(): Promise<EgressTrace | null> {
    return Promise.resolve(this.#egress?.trace() ?? null);
  }

  collectLogs(): Promise<LogLine[]> {
    return Promise.resolve(this.#log.lines());
  }

  async release(): Promise<void> {
    this.#released.abort();
    await this.#running;
    await this.#egress?.close();
    await removeTaskFolder(this.#folder);
  }

  async #run(signal: AbortSignal): Promise<TaskResult> {
    if (signal.aborted)
      return {
        kind: 'failed',
        failure: 'cancelled',
        message: 'the task was cancelled before it started',
        retryable: false,
        usage: { wallMs: 0 },
      };
    const { limits } = this.#spec;
    const end = await runChild({
      ...this.#request(),
      timeoutMs: limits.timeoutMs,
      outputBytes: limits.outputBytes,
      log: this.#log,
      clock: this.#clock,
      signal,
    });
    // What it began is not finished behind its back, and nothing is counted any more.
    await this.#egress?.close();
    const result = toTaskResult(end, limits.outputBytes);
    this.#log.end();
    await this.#sayScratch(end);
    if (result.kind === 'failed') this.#log.system(`${result.failure}: ${result.message}`);
    return result;
  }

  /** Every process of the task is dead by now, so what is listed is what it left. */
  async #sayScratch({ answer }: ChildEnd): Promise<void> {
    // Awaited even when the task has ended meanwhile: a late descriptor would stay open.
    const held = await this.#held;
    const root = this.#isolation.scratchBounded ? held?.path : this.#folder.scratch;
    try {
      const left = root === undefined ? 'left in scratch: not known, it could not be looked into' : await describeScratch(root);
      // A sandbox that never came up has no scratch to speak of.
      if (left !== undefined && answer !== '') this.#log.system(left);
    } finally {
      await held?.release();
    }
  }

  #request(): Pick<Parameters<typeof runChild>[0], 'command' | 'env' | 'request' | 'isScratchFull' | 'onReady'> {
    const { inputs, attempt, idempotencyKey, limits } = this.#spec;
    const places = this.#isolation.places(this.#folder);
    return {
      command: this.#isolation.command(this.#folder, limits),
      env: taskEnvironment(places),
      request: JSON.stringify({ ...places, egress: this.#egress?.isOpen === true ? places.egress : null, inputs, attempt, idempotencyKey }),
      onReady: async (pid) => void (await (this.#held = holdScratch(pid, places.scratch))),
      ...(this.#isolation.scratchBounded ? {} : { isScratchFull: () => isLargerThan(this.#folder.scratch, limits.scratchBytes) }),
    };
  }
}

export class SandboxRunner implements Runner {
  readonly #options: SandboxRunnerOptions;
  #detected: ReturnType<typeof detectIsolation> | undefined;

  constructor(options: SandboxRunnerOptions) {
    this.#options = options;
  }

  async level(): Promise<SandboxLevel> {
    return (await this.#detect()).isolation.level;
  }

  /** What tasks will run in. Throws `mc:runner:refused` when that is less than the minimum. */
  async describe(): Promise<SandboxDescription> {
    const { isolation, refused } = await this.#require();
    const { level, name: tools, networkBlocked, processesHidden } = isolation;
    return { level, tools, networkBlocked, processesHidden, refused };
  }

  async provision(spec: TaskSpec): Promise<Sandbox> {
    const { isolation } = await this.#require();
    const folder = await makeTaskFolder(this.#options.folder, spec);
    const sandbox = new ChildSandbox(spec, isolation, folder, this.#options.clock);
    try {
      await sandbox.openEgress(this.#options.egress);
      return sandbox;
    } catch (error) {
      await sandbox.release();
      throw error;
    }
  }

  async #require(): ReturnType<typeof detectIsolation> {
    const detected = await this.#detect();
    const { isolation, refused } = detected;
    const wanted = this.#options.minimumLevel ?? 'node-permission';
    if (sandboxLevels.indexOf(isolation.level) <= sandboxLevels.indexOf(wanted)) return detected;
    const why = refused.length === 0 ? '' : ` (${refused.join('; ')})`;
    throw new McError(
      'mc:runner:refused',
      `This machine reaches the sandbox level ${isolation.level}${why}; at least ${wanted} is wanted.`,
    );
  }

  #detect(): ReturnType<typeof detectIsolation> {
    this.#detected ??= this.#find().catch((error: unknown) => {
      // A full disk passes; finding nothing is not remembered.
      this.#detected = undefined;
      throw error;
    });
    return this.#detected;
  }

  async #find(): ReturnType<typeof detectIsolation> {
    const { folder, nodePath = process.execPath, clock, highestLevel } = this.#options;
    keepDebuggerShut();
    await removeLeftFolders(folder);
    return detectIsolation({ base: folder, nodePath, clock, ...(highestLevel === undefined ? {} : { highestLevel }) });
  }
}
