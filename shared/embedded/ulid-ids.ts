import { getRandomValues } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import type { Id, IdPrefix } from '../core/id.ts';
import type { Clock } from '../port/clock.ts';
import type { Ids } from '../port/ids.ts';

/** Bytes drawn from the platform at once: one call a ULID character would be most of the cost of an id. */
const poolBytes = 4_096;

/** Cryptographic randomness in [0, 1), one byte a call, which is more than a character of 32 needs. */
function pooledRandom(): () => number {
  const pool = new Uint8Array(poolBytes);
  let next = poolBytes;
  return () => {
    if (next === poolBytes) {
      getRandomValues(pool);
      next = 0;
    }
    return (pool[next++] ?? 0) / 256;
  };
}

/** Monotonic ULIDs from this clock; randomness from the platform unless a test gives its own. */
export function ulidIds(clock: Clock, random?: () => number): Ids {
  const next = monotonicFactory(random ?? pooledRandom());
  return {
    next: <P extends IdPrefix>(prefix: P): Id<P> => `${prefix}_${next(clock.now())}`,
    random: random ?? Math.random,
  };
}
