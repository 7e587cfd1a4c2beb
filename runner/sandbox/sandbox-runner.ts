/**
 * The runner of one machine: a new child process for every attempt, in the strongest sandbox that works here. The level is found once and
 * never changes while the runner lives, so what the plan said is what the receipt will say. Some sandboxes may be started before they are asked for.
 */
import { McError } from '../../shared/core/errors.ts';
import type { Clock } from '../../shared/port/clock.ts';
import type { Metrics } from '../../shared/port/metrics.ts';
import type { Runner, Sandbox, SandboxLevel, TaskSpec } from '../../shared/port/runner.ts';
import { sandboxLevels } from '../../shared/port/runner.ts';
import type { EgressOptions } from '../egress/attempt-egress.ts';
import { ChildSandbox, type ChildSandboxParts } from './child-sandbox.ts';
import { detectIsolation } from './detect-isolation.ts';
import type { Isolation } from './isolation.ts';
import { keepDebuggerShut } from './keep-debugger-shut.ts';
import { fillTaskFolder, makeTaskFolder, removeLeftFolders, type RemovalLog } from './task-folder.ts';
import { WarmPool, type WarmOptions } from './warm/warm-pool.ts';

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
  /** Sandboxes that are kept ready; default: none. Whoever asks for some has to close the runner. */
  warm?: WarmOptions;
  metrics?: Pick<Metrics, 'count' | 'record'>;
  logger?: RemovalLog;
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
  /** Sandboxes kept ready at most; absent where there are none. */
  warm?: number;
}

/** Strongest first. */
const reaches = (level: SandboxLevel, minimum: SandboxLevel): boolean => sandboxLevels.indexOf(level) <= sandboxLevels.indexOf(minimum);

type Detected = Awaited<ReturnType<typeof detectIsolation>> & { pool: WarmPool | undefined };

export class SandboxRunner implements Runner {
  readonly #options: SandboxRunnerOptions;
  #detected: Promise<Detected> | undefined;
  #isClosed = false;

  constructor(options: SandboxRunnerOptions) {
    this.#options = options;
  }

  async level(): Promise<SandboxLevel> {
    return (await this.#detect()).isolation.level;
  }

  /** What tasks will run in. Throws `mc:runner:refused` when that is less than the minimum. */
  async describe(): Promise<SandboxDescription> {
    const { isolation, refused, pool } = await this.#require();
    const { level, name: tools, networkBlocked, processesHidden } = isolation;
    return { level, tools, networkBlocked, processesHidden, refused, ...(pool && { warm: pool.size }) };
  }

  /** Sandboxes that wait for an attempt now. */
  async warmWaiting(): Promise<number> {
    return (await this.#detected)?.pool?.waiting ?? 0;
  }

  async provision(spec: TaskSpec): Promise<Sandbox> {
    const { isolation, pool } = await this.#require();
    const { clock, metrics, logger, egress } = this.#options;
    const handedOverAt = clock.elapsedMs();
    const made = (await this.#fillSpare(isolation, pool, spec)) ?? { folder: await makeTaskFolder(this.#options.folder, spec) };
    const sandbox = new ChildSandbox({ spec, isolation, clock, metrics, logger, handedOverAt, ...made });
    try {
      await sandbox.openEgress(egress);
      return sandbox;
    } catch (error) {
      await sandbox.release();
      throw error;
    }
  }

  /** Ends the sandboxes that wait. Attempts that run go on; a further one starts cold. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const detected = await this.#detected?.catch(() => undefined);
    await detected?.pool?.close();
  }

  async #fillSpare(
    isolation: Isolation,
    pool: WarmPool | undefined,
    spec: TaskSpec,
  ): Promise<Pick<ChildSandboxParts, 'folder' | 'waiting'> | undefined> {
    const spare = await pool?.take(isolation, spec.limits);
    if (spare === undefined) return undefined;
    try {
      await fillTaskFolder(spare.folder, spec);
      return { folder: spare.folder, waiting: spare.process };
    } catch {
      // Whatever it is, a folder of its own meets it too and says so, or does not have it.
      await spare.discard();
      return undefined;
    }
  }

  get #minimum(): Isolation['level'] {
    return this.#options.minimumLevel ?? 'node-permission';
  }

  async #require(): Promise<Detected> {
    const detected = await this.#detect();
    const { isolation, refused } = detected;
    const wanted = this.#minimum;
    if (reaches(isolation.level, wanted)) return detected;
    const why = refused.length === 0 ? '' : ` (${refused.join('; ')})`;
    throw new McError(
      'mc:runner:refused',
      `This machine reaches the sandbox level ${isolation.level}${why}; at least ${wanted} is wanted.`,
    );
  }

  #detect(): Promise<Detected> {
    this.#detected ??= this.#find().catch((error: unknown) => {
      // A full disk passes; finding nothing is not remembered.
      this.#detected = undefined;
      throw error;
    });
    return this.#detected;
  }

  async #find(): Promise<Detected> {
    const { folder, nodePath = process.execPath, clock, highestLevel, warm, logger } = this.#options;
    keepDebuggerShut();
    await removeLeftFolders(folder, logger);
    const found = await detectIsolation({ base: folder, nodePath, clock, logger, ...(highestLevel === undefined ? {} : { highestLevel }) });
    const isWarm = warm !== undefined && warm.size > 0 && !this.#isClosed && reaches(found.isolation.level, this.#minimum);
    return { ...found, pool: isWarm ? new WarmPool({ isolation: found.isolation, base: folder, clock, logger }, warm) : undefined };
  }
}
