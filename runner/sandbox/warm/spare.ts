/**
 * A sandbox that was started before anybody asked for it: complete, with a user, limits and an empty folder of its own, and nothing in it but our program, which
 * waits for its first line. It serves one attempt at most.
 */
import { lstat, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvariantError } from '../../../shared/core/errors.ts';
import type { CommandLimits, Isolation } from '../isolation.ts';
import { taskEnvironment } from '../node-arguments.ts';
import { SandboxProcess } from '../child/sandbox-process.ts';
import { makeEmptyTaskFolder, removeTaskFolder, type RemovalLog, type TaskFolder } from '../task-folder.ts';
import { kindOf } from './demand.ts';
import { lowerProcessorLimit } from './lower-processor-limit.ts';

/** A start takes about 0.1 s; what takes this long will never be of use. */
const startTimeoutMs = 15_000;
/** Of what a sandbox that did not come up said. */
const saidChars = 300;

const shownFolders = ({ entry, workspace, egress, scratch }: TaskFolder): string[] => [dirname(entry), workspace, egress, scratch];

/** A folder is the one that was bound only while its number is. */
const numberOf = async (path: string): Promise<string> => {
  const { dev, ino } = await lstat(path);
  return `${dev}:${ino}`;
};

/** Why a sandbox did not come up. */
export class SpareFailure extends Error {
  override readonly name = 'SpareFailure';
}

export class Spare {
  readonly isolation: Isolation;
  readonly limits: CommandLimits;
  readonly folder: TaskFolder;
  readonly process: SandboxProcess;
  readonly #numbers: readonly string[];
  readonly #logger: RemovalLog | undefined;
  #isBound = false;
  #said = '';

  private constructor(made: Pick<Spare, 'isolation' | 'limits' | 'folder' | 'process'>, numbers: readonly string[], logger?: RemovalLog) {
    this.isolation = made.isolation;
    this.limits = made.limits;
    this.folder = made.folder;
    this.process = made.process;
    this.#numbers = numbers;
    this.#logger = logger;
    this.process.onPrint((_, chunk) => (this.#said += chunk.toString().slice(0, saidChars - this.#said.length)));
  }

  /** Starts one below `base` and waits until it is ready; throws SpareFailure, and leaves nothing, when it does not come up. */
  static async start(isolation: Isolation, limits: CommandLimits, base: string, logger?: RemovalLog): Promise<Spare> {
    const folder = await makeEmptyTaskFolder(base);
    try {
      const numbers = await Promise.all(shownFolders(folder).map(numberOf));
      const process = await SandboxProcess.start(isolation.command(folder, limits), taskEnvironment(isolation.places(folder)));
      if (!(process instanceof SandboxProcess)) throw new SpareFailure(process.message);
      const spare = new Spare({ isolation, limits, folder, process }, numbers, logger);
      const timer = setTimeout(() => process.kill(), startTimeoutMs);
      const isReady = await process.ready;
      clearTimeout(timer);
      if (isReady && spare.isUsable) return spare;
      process.kill();
      await process.ended;
      throw new SpareFailure(spare.#said === '' ? 'the sandbox did not come up' : spare.#said);
    } catch (error) {
      await removeTaskFolder(folder, logger);
      throw error;
    }
  }

  get kind(): string {
    return kindOf(this.limits);
  }

  /** Whether it waits, and said nothing: nobody knows what one that says something has done. */
  get isUsable(): boolean {
    const { isWaiting, innerPid } = this.process;
    return isWaiting && this.#said === '' && (innerPid !== undefined || this.isolation.processorSeconds === undefined);
  }

  /** Whether an attempt with these limits can be held to them in it: a limit can be lowered, and not raised. */
  fits(limits: CommandLimits): boolean {
    const has = this.isolation.processorSeconds?.(this.limits) ?? 0;
    return kindOf(limits) === this.kind && has >= (this.isolation.processorSeconds?.(limits) ?? 0);
  }

  /**
   * Makes it the sandbox of one attempt: its limits are those of the attempt from now on, and its folder is as empty as it was made. False when that
   * cannot be said for certain; it must be thrown away then.
   */
  async bind(limits: CommandLimits): Promise<boolean> {
    if (this.#isBound) throw new InvariantError('a spare sandbox was given to a second attempt');
    this.#isBound = true;
    if (!this.isUsable || !this.fits(limits)) return false;
    const [isBounded, isUntouched] = await Promise.all([this.#boundProcessorTime(limits), this.#isUntouched()]);
    return isBounded && isUntouched && this.isUsable;
  }

  /** Ends it and takes its folder away; safe in any state. */
  async discard(): Promise<void> {
    this.process.kill();
    await this.process.ended;
    await removeTaskFolder(this.folder, this.#logger);
  }

  async #boundProcessorTime(limits: CommandLimits): Promise<boolean> {
    const has = this.isolation.processorSeconds?.(this.limits);
    const wanted = this.isolation.processorSeconds?.(limits);
    if (has === undefined || wanted === undefined || has === wanted) return true;
    const { innerPid } = this.process;
    return innerPid !== undefined && lowerProcessorLimit(innerPid, wanted);
  }

  /** What lies in one of its folders before we put it there would be taken for a part of the attempt. */
  async #isUntouched(): Promise<boolean> {
    try {
      const folders = shownFolders(this.folder);
      const found = await Promise.all(
        folders.map(async (path, at) => (await numberOf(path)) === this.#numbers[at] && (await readdir(path)).length === 0),
      );
      return found.every(Boolean);
    } catch {
      return false; // One of them is gone.
    }
  }
}
