/**
 * A process of the simulated world. Everything it asks of the outside is a step: it takes time, it may fail, and the process may die before or after it.
 * A dead process hears nothing any more, so all that it had begun in memory is gone; what it had sent to a store may still arrive.
 */
import { McError } from '../../../shared/core/errors.ts';
import type { World } from './world.ts';

/** What is asked of the outside. */
export interface Step {
  /** What it is, for trace and coverage. */
  name: string;
  /** A write changes what others see: it may be in flight when its process dies. */
  isWrite: boolean;
  /** Goes wrong with these; a step without any never fails. */
  refusals: readonly (() => McError)[];
}

const unavailable = (): McError => new McError('mc:store:unavailable', 'simulated: no answer');
const full = (): McError => new McError('mc:store:full', 'simulated: the disk is full');
const conflict = (): McError => new McError('mc:store:conflict', 'simulated: others keep writing');

/** What a table may answer instead of doing its work. */
export const tableRefusals = { embedded: [unavailable, full], serverless: [unavailable, conflict] } as const;
export const networkRefusals = [unavailable] as const;

export class SimulatedProcess {
  readonly name: string;
  readonly world: World;
  /** Its clock against the true one. */
  readonly skewMs: number;
  isAlive = true;
  readonly #inFlight = new Set<() => void>();
  readonly #mourners: (() => void)[] = [];

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
    this.skewMs = Math.round((world.random.next() - 0.5) * world.scenario.skewMs);
  }

  /** Runs when the process dies. */
  onDeath(mourn: () => void): void {
    this.#mourners.push(mourn);
  }

  tell(what: () => string): void {
    this.world.tell(this.name, what);
  }

  /** Asks for something; `effect` happens at one moment, and what it answers arrives if the process lives. */
  step<T>(step: Step, effect: () => T): Promise<T> {
    const { world } = this;
    return new Promise((resolve, reject) => {
      const land = (): void => void effect();
      if (step.isWrite) this.#inFlight.add(land);
      const stallMs = step.isWrite && world.strikes('stallWrite') ? world.stallMs() : 0;
      world.scheduler.after(stallMs + world.latency(), () => {
        this.#inFlight.delete(land);
        if (!this.isAlive) this.#arriveLate(step, land);
        else this.#take(step, effect, resolve, reject);
      });
    });
  }

  /** Waits; the dead wait for ever. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      // A signal may outlive many waits.
      const abort = (): void => {
        planned.cancel();
        reject(signal?.reason as Error);
      };
      const planned = this.world.scheduler.after(ms, () => {
        signal?.removeEventListener('abort', abort);
        if (this.isAlive) resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  kill(why: string): void {
    if (!this.isAlive) return;
    this.tell(() => `DIES ${why}`);
    this.isAlive = false;
    this.world.note('crash');
    if (this.world.scenario.home === 'embedded') this.#landSome();
    for (const mourn of this.#mourners.splice(0)) mourn();
  }

  #take<T>(step: Step, effect: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): void {
    const { world } = this;
    if (step.isWrite && world.strikes('crashBefore')) {
      world.note(`crash before ${step.name}`);
      return this.kill(`before ${step.name}`);
    }
    if (step.refusals.length > 0 && world.strikes('refuse')) {
      const error = world.random.pick(step.refusals)();
      world.note(`refused ${step.name}`);
      this.tell(() => `${step.name} REFUSED ${error.code}`);
      return reject(error);
    }
    try {
      const value = effect();
      if (step.isWrite && world.strikes('crashAfter')) {
        world.note(`crash after ${step.name}`);
        return this.kill(`after ${step.name}`);
      }
      if (step.isWrite && step.refusals.length > 0 && world.strikes('lieAboutFailure')) {
        world.note(`done, but told to have failed: ${step.name}`);
        this.tell(() => `${step.name} DONE, BUT THE ANSWER IS LOST`);
        return reject(unavailable());
      }
      resolve(value);
    } catch (error) {
      reject(error);
    }
  }

  /** A store on the other side of a network may get a write whose sender is gone. */
  #arriveLate({ name, isWrite }: Step, land: () => void): void {
    const { world } = this;
    if (!isWrite || world.scenario.home === 'embedded' || !world.random.chance(0.5)) return;
    world.note('late write of a dead process');
    this.tell(() => `${name} of a dead process arrives`);
    attempt(land);
  }

  /** A store inside the process has what was committed before the end, which is some of what was asked for. */
  #landSome(): void {
    for (const land of this.#inFlight) if (this.world.random.chance(0.5)) attempt(land);
    this.#inFlight.clear();
  }
}

/** What a store refuses to the dead, nobody hears. */
function attempt(land: () => void): void {
  try {
    land();
  } catch (error) {
    if (!(error instanceof McError)) throw error;
  }
}
