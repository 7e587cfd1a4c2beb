import { describe, expect, test } from '@jest/globals';
import { monotonicFactory } from 'ulid';
import { ulidIds } from '../../../shared/embedded/ulid-ids.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** Numbers in [0, 1) that are the same in every run; high ones, so that ends of the alphabet are reached often. */
function sequence(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return 0.9 + state / 2_147_483_647 / 10;
  };
}

describe('ids', () => {
  test('are those of the reference implementation, also when the clock stands still or goes back', () => {
    const start = Date.UTC(2026, 0, 15);
    let now = start;
    const clock = { ...new FakeClock(), now: () => now, elapsedMs: () => 0, sleep: () => Promise.resolve() };
    const ids = ulidIds(clock, sequence());
    const reference = monotonicFactory(sequence());
    for (let at = 0; at < 5_000; at++) {
      if (at % 700 === 0) now += 1;
      if (at % 1_900 === 0) now -= 2;
      expect(ids.next('evt')).toBe(`evt_${reference(now)}`);
    }
    expect(now).toBeGreaterThan(start);
  });

  test('grow, and no two are equal', () => {
    const ids = ulidIds(new FakeClock());
    const drawn = Array.from({ length: 2_000 }, () => ids.next('exec'));
    expect(new Set(drawn).size).toBe(drawn.length);
    expect([...drawn].sort()).toEqual(drawn);
  });
});
