import { monotonicFactory } from 'ulid';
import type { Id, IdPrefix } from '../core/id.ts';
import type { Clock } from '../port/clock.ts';
import type { Ids } from '../port/ids.ts';

/** Monotonic ULIDs from this clock; randomness from the platform unless a test gives its own. */
export function ulidIds(clock: Clock, random?: () => number): Ids {
  const next = monotonicFactory(random);
  return {
    next: <P extends IdPrefix>(prefix: P): Id<P> => `${prefix}_${next(clock.now())}`,
    random: random ?? Math.random,
  };
}
