import { describe, expect, test } from '@jest/globals';
import { IdleProcessors } from '../../../runner/sandbox/warm/idle-processors.ts';

/** Processors that were so many milliseconds idle, of 100 each, between two looks. */
function looks(processors: number, idle: readonly number[]): boolean[] {
  let at = { idle: 0, total: 0 };
  const idleProcessors = new IdleProcessors(() => ({ ...at }), processors);
  return idle.map((ms) => {
    at = { idle: at.idle + ms, total: at.total + 100 * processors };
    return idleProcessors.hasRoom();
  });
}

describe('room for a spare', () => {
  test('is there while most of one processor is idle, whoever uses the others', () => {
    expect(looks(2, [200, 100, 80, 74, 10, 0])).toEqual([true, true, true, false, false, false]);
    expect(looks(8, [80, 70])).toEqual([true, false]);
    expect(looks(1, [90, 50])).toEqual([true, false]);
  });

  test('is not there before any time has passed', () => {
    const still = new IdleProcessors(() => ({ idle: 5, total: 10 }), 2);
    expect(still.hasRoom()).toBe(false);
  });

  test('can be told of this machine', () => {
    expect(() => new IdleProcessors().hasRoom()).not.toThrow();
  });
});
