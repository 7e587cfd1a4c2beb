import { getRandomValues } from 'node:crypto';
import { incrementBase32, monotonicFactory } from 'ulid';
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

/** Crockford's Base32, as the ULID specification has it. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Characters of a ULID that say the time. */
const timeLength = 10;

/**
 * The same ULIDs as the library's monotonicFactory, which looks at each character of the randomness for every id: a start draws six, mostly in one millisecond, and 31
 * times of 32 only the last character changes.
 */
function growingUlids(random: () => number): (now: number) => string {
  const fresh = monotonicFactory(random);
  let time = 0;
  let head = '';
  let last = 0;
  const goOnFrom = (id: string): void => {
    head = id.slice(0, -1);
    last = digits.indexOf(id.slice(-1));
  };
  return (now) => {
    if (now > time) {
      time = now;
      goOnFrom(fresh(now));
    } else if (last < digits.length - 1) last += 1;
    else goOnFrom(head.slice(0, timeLength) + incrementBase32(head.slice(timeLength) + digits.charAt(last)));
    return head + digits.charAt(last);
  };
}

/** Monotonic ULIDs from this clock; randomness from the platform unless a test gives its own. */
export function ulidIds(clock: Clock, random?: () => number): Ids {
  const next = growingUlids(random ?? pooledRandom());
  return {
    next: <P extends IdPrefix>(prefix: P): Id<P> => `${prefix}_${next(clock.now())}`,
    random: random ?? Math.random,
  };
}
