/** What outlives every process of a simulated world: time, chance, what is stored, what tasks did outside, and whoever watches. */
import { MemoryStore, type Change } from './memory-store.ts';
import type { Random } from './random.ts';
import type { FaultRates, Scenario } from './scenario.ts';
import { Scheduler } from './scheduler.ts';
import type { WriteOp, WriteResult } from '../../../shared/port/table.ts';

/** A rule that did not hold. */
export interface Violation {
  rule: string;
  message: string;
}

/** Whoever writes. */
export interface Writer {
  readonly isAlive: boolean;
}

/** Sees every write at the moment when it happens. */
interface Watcher {
  look(changes: readonly Change[], writer: Writer | undefined): void;
}

/** One attempt as the outside world saw it. */
export interface Effect {
  /** The idempotency key that the package was given. */
  key: string;
  attempt: number;
  beganAt: number;
  /** How long it was allowed to take. */
  limitMs: number;
  /** Undefined while it runs, and for ever when its process died. */
  ended: 'succeeded' | 'failed' | undefined;
}

export class World {
  readonly scheduler = new Scheduler();
  readonly store: MemoryStore;
  readonly blobs = new Map<string, Uint8Array>();
  readonly effects: Effect[] = [];
  readonly violations: Violation[] = [];
  /** What happened how often, by name. */
  readonly seen = new Map<string, number>();
  readonly scenario: Scenario;
  readonly random: Random;
  watcher: Watcher | undefined;
  /** Tells the home to stop; who starts it again is the home's matter. */
  stopHome: (() => void) | undefined;
  readonly #trace: string[] | undefined;
  #indexedAt = 0;
  #writes = 0;
  #clockOffsetMs = 0;
  #clockWentBackMs = 0;

  constructor(scenario: Scenario, random: Random, trace?: string[]) {
    this.scenario = scenario;
    this.random = random;
    this.#trace = trace;
    this.store = new MemoryStore((update) => this.#indexLater(update));
  }

  get now(): number {
    return this.scheduler.now;
  }

  get wallTime(): number {
    return this.scenario.epoch + Math.floor(this.scheduler.now) + this.#clockOffsetMs;
  }

  /** By how much two readings of clocks may contradict each other: those of two machines, and those before and after one was put back. */
  get clockErrorMs(): number {
    return this.scenario.skewMs + this.#clockWentBackMs;
  }

  get isFaulty(): boolean {
    return this.scheduler.now < this.scenario.faultsEndMs;
  }

  /** Whether this fault strikes here. */
  strikes(fault: keyof FaultRates): boolean {
    return this.isFaulty && this.random.chance(this.scenario.faults[fault]);
  }

  /** How long the next step takes. */
  latency(): number {
    const { stepMs, slowChance, slowMs } = this.scenario;
    if (!this.isFaulty) return this.random.next() * Math.min(stepMs, 20);
    return this.random.next() * (this.random.chance(slowChance) ? slowMs : stepMs);
  }

  /** How long a process stands still when it does: often longer than a lease. */
  stallMs(): number {
    return 10_000 + this.random.next() * 140_000;
  }

  note(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  violate(rule: string, message: string): void {
    this.tell('checker', () => `VIOLATION ${rule}: ${message}`);
    this.violations.push({ rule, message });
  }

  /** A line of the trace; made only when somebody reads it. */
  tell(who: string, what: () => string): void {
    this.#trace?.push(`${(this.scheduler.now / 1_000).toFixed(3).padStart(10)}s  ${who.padEnd(14)} ${what()}`);
  }

  /** Writes at this moment, and has the checker look at it. */
  write(ops: readonly WriteOp[], writer?: Writer): WriteResult {
    const { result, changes } = this.store.write(ops);
    if (changes.length > 0) this.watcher?.look(changes, writer);
    this.#writes += 1;
    for (const { afterWrites, byMs } of this.scenario.clockJumps) if (afterWrites === this.#writes) this.#moveClock(byMs);
    if (this.scenario.stopsAfterWrites.includes(this.#writes)) this.stopHome?.();
    return result;
  }

  /** Puts the clock of the machine forward, or back; time itself goes on as it does. */
  #moveClock(byMs: number): void {
    this.note(byMs < 0 ? 'clock put back' : 'clock put forward');
    this.tell('clock', () => `is moved by ${byMs} ms`);
    this.#clockOffsetMs += byMs;
    this.#clockWentBackMs += Math.max(0, -byMs);
  }

  #indexLater(update: () => void): void {
    const { indexLagMs } = this.scenario;
    if (indexLagMs === 0) return update();
    this.#indexedAt = Math.max(this.#indexedAt, this.scheduler.now + this.random.next() * indexLagMs);
    this.scheduler.after(this.#indexedAt - this.scheduler.now, update);
  }
}
