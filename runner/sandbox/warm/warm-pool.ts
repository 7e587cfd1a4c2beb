/**
 * Spare sandboxes of one runner: at most so many, of the kinds that are asked for, each handed out once. They are started one at a time, after attempts have
 * stopped coming and while a processor is idle, so that a burst of attempts has the machine to itself.
 */
import type { Clock } from '../../../shared/port/clock.ts';
import type { CommandLimits, Isolation } from '../isolation.ts';
import type { RemovalLog } from '../task-folder.ts';
import { Demand, type Wanted } from './demand.ts';
import { IdleProcessors } from './idle-processors.ts';
import { Spare, SpareFailure } from './spare.ts';

export interface WarmOptions {
  /** Spares at most; 0 for none. */
  size: number;
  /** What is asked for first, as long as nobody has asked. */
  first: CommandLimits;
  /** Told once when spares do not come up on this machine, so that there will be none. */
  onOff?: (reason: string) => void;
  /** Whether there is room to start one; default: most of one processor was idle. */
  hasRoom?: () => boolean;
  maxAgeMs?: number;
  /** Pause after a spare that did not come up. */
  failurePauseMs?: number;
}

/** After an attempt was handed out, and between two looks: long enough to see whether processors are idle, short enough for the next task of a run. */
const pauseMs = 50;
/** An old spare has an old view of the machine: its libraries, its programs. */
const defaultMaxAgeMs = 5 * 60_000;
/** How often the ages and what is wanted are looked at while nobody asks. */
const looksPerAge = 5;
/** Spares in a row that did not come up before there will be none. */
const maxFailures = 3;
const defaultFailurePauseMs = 5_000;

export class WarmPool {
  readonly #isolation: Isolation;
  readonly #base: string;
  readonly #clock: Clock;
  readonly #logger: RemovalLog | undefined;
  readonly #options: WarmOptions;
  readonly #hasRoom: () => boolean;
  readonly #maxAgeMs: number;
  readonly #demand: Demand;
  readonly #spares: { spare: Spare; madeAt: number }[] = [];
  /** What is being thrown away. */
  readonly #leaving = new Set<Promise<void>>();
  #starting: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sampledAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #isOff: boolean;

  constructor(place: { isolation: Isolation; base: string; clock: Clock; logger?: RemovalLog | undefined }, options: WarmOptions) {
    this.#isolation = place.isolation;
    this.#base = place.base;
    this.#clock = place.clock;
    this.#logger = place.logger;
    this.#options = options;
    const processors = new IdleProcessors();
    this.#hasRoom = options.hasRoom ?? ((): boolean => processors.hasRoom());
    this.#maxAgeMs = options.maxAgeMs ?? defaultMaxAgeMs;
    this.#demand = new Demand(options.first, this.#now);
    this.#isOff = options.size === 0;
    this.#look(pauseMs);
  }

  /** Spares at most; 0 when they do not come up here. */
  get size(): number {
    return this.#isOff ? 0 : this.#options.size;
  }

  /** Spares that wait now. */
  get waiting(): number {
    return this.#spares.length;
  }

  /** A spare for an attempt with these limits, which is the caller's from now on; undefined when there is none. */
  async take(isolation: Isolation, limits: CommandLimits): Promise<Spare | undefined> {
    if (this.#isOff) return undefined;
    this.#demand.note(limits, this.#now);
    // Also puts off the next start: while attempts keep coming there is none.
    this.#look(pauseMs);
    this.#dropUnfit(isolation);
    const at = this.#spares.findIndex(({ spare }) => spare.fits(limits));
    const [found] = at < 0 ? [] : this.#spares.splice(at, 1);
    if (found === undefined) return undefined;
    if (await found.spare.bind(limits)) return found.spare;
    this.#discard(found.spare);
    return undefined;
  }

  /** Ends every spare; resolves when none of their processes and folders is left. */
  async close(): Promise<void> {
    this.#isOff = true;
    clearTimeout(this.#timer);
    await this.#starting;
    for (const { spare } of this.#spares.splice(0)) this.#discard(spare);
    await Promise.all(this.#leaving);
  }

  get #now(): number {
    return this.#clock.elapsedMs();
  }

  #look(afterMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#isOff) this.#timer = setTimeout(() => this.#keep(), afterMs).unref();
  }

  /** Throws away what is not wanted any more, and starts one that is. */
  #keep(): void {
    this.#dropUnfit(this.#isolation);
    const wanted = this.#demand.wanted(this.#options.size, this.#now);
    for (const { spare } of [...this.#spares]) if (this.#ofKind(spare.kind) > countOf(wanted, spare.kind)) this.#remove(spare);
    const missing = wanted.find(({ kind, count }) => this.#ofKind(kind) < count);
    if (missing === undefined) return this.#look(this.#maxAgeMs / looksPerAge);
    const hasRoom = this.#hasRoomNow();
    if (this.#starting !== undefined || !hasRoom) return this.#look(pauseMs);
    this.#starting = this.#add(missing.limits).then((isUp) => {
      this.#starting = undefined;
      this.#look(isUp ? pauseMs : (this.#options.failurePauseMs ?? defaultFailurePauseMs));
    });
  }

  /** What was idle is measured from look to look, so the first look after a while tells of that while and not of now. */
  #hasRoomNow(): boolean {
    const isOfNow = this.#now - this.#sampledAt < 4 * pauseMs;
    this.#sampledAt = this.#now;
    return this.#hasRoom() && isOfNow;
  }

  async #add(limits: CommandLimits): Promise<boolean> {
    try {
      const spare = await Spare.start(this.#isolation, limits, this.#base, this.#logger);
      this.#failures = 0;
      this.#spares.push({ spare, madeAt: this.#now });
      void spare.process.ended.then(() => this.#remove(spare));
      return true;
    } catch (error) {
      // Without a spare an attempt is cold. It meets a full disk too and says so, and that passes; a sandbox that does not come up is a matter of this machine.
      if (error instanceof SpareFailure) this.#failures += 1;
      if (error instanceof SpareFailure && this.#failures >= maxFailures) this.#switchOff(error.message);
      return false;
    }
  }

  #switchOff(reason: string): void {
    this.#isOff = true;
    clearTimeout(this.#timer);
    for (const { spare } of this.#spares.splice(0)) this.#discard(spare);
    this.#options.onOff?.(reason);
  }

  #ofKind(kind: string): number {
    return this.#spares.filter(({ spare }) => spare.kind === kind).length;
  }

  #dropUnfit(isolation: Isolation): void {
    const oldest = this.#now - this.#maxAgeMs;
    for (const { spare, madeAt } of [...this.#spares])
      if (madeAt <= oldest || !spare.isUsable || spare.isolation !== isolation) this.#remove(spare);
  }

  /** One that was handed out is not ours any more. */
  #remove(spare: Spare): void {
    const at = this.#spares.findIndex((kept) => kept.spare === spare);
    if (at < 0) return;
    this.#spares.splice(at, 1);
    this.#discard(spare);
  }

  #discard(spare: Spare): void {
    const leaving = spare.discard();
    this.#leaving.add(leaving);
    void leaving.then(() => this.#leaving.delete(leaving));
  }
}

const countOf = (wanted: readonly Wanted[], kind: string): number => wanted.find((one) => one.kind === kind)?.count ?? 0;
