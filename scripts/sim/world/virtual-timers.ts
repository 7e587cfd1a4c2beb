/**
 * Libraries that know only the global clock (the interpreter of the state machine) live in virtual time too: while a world runs, timers (and what waits for the end of a turn) are its events and
 * Math.random draws from its seed. One world at a time in a thread.
 */
import type { Planned, Scheduler } from './scheduler.ts';
import type { Random } from './random.ts';

/** Gives the globals back. */
export type RestoreGlobals = () => void;

export function takeOverGlobals(scheduler: Scheduler, random: Random): RestoreGlobals {
  const { setTimeout, clearTimeout, setImmediate } = globalThis;
  const chance = Math.random;
  const timers = new Map<number, Planned>();
  let made = 0;
  const virtual = (run: (...given: unknown[]) => void, ms = 0, ...given: unknown[]): number => {
    const id = ++made;
    const planned = scheduler.after(ms, () => {
      timers.delete(id);
      run(...given);
    });
    timers.set(id, planned);
    return id;
  };
  const clear = (id: unknown): void => {
    if (typeof id !== 'number') return;
    timers.get(id)?.cancel();
    timers.delete(id);
  };
  const soon = (run: (...given: unknown[]) => void, ...given: unknown[]): number => virtual(run, 0, ...given);
  Object.assign(globalThis, { setTimeout: virtual, clearTimeout: clear, setImmediate: soon });
  Math.random = () => random.next();
  return () => {
    Object.assign(globalThis, { setTimeout, clearTimeout, setImmediate });
    Math.random = chance;
  };
}
