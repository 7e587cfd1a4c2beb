import { describe, expect, test } from '@jest/globals';
import { Demand, kindOf } from '../../../runner/sandbox/warm/demand.ts';
import { buildTaskSpec } from '../../support/build-task-spec.ts';

const small = buildTaskSpec().limits;
const medium = { ...small, resourceClass: 'medium' as const };
const minute = 60_000;

/** Kinds with their counts, as `small 2`. */
const wanted = (demand: Demand, size: number, now: number): string[] =>
  demand.wanted(size, now).map(({ limits, count }) => `${limits.resourceClass} ${count}`);

describe('what is kept ready', () => {
  test('is one of the first kind before anybody asked, and nothing with no room', () => {
    const demand = new Demand(small, 0);
    expect(wanted(demand, 4, 1)).toEqual(['small 1']);
    expect(wanted(demand, 0, 1)).toEqual([]);
  });

  test('is as many as were asked for, up to the size', () => {
    const demand = new Demand(small, -5 * minute);
    demand.note(small, 0);
    demand.note(small, 1);
    expect(wanted(demand, 4, 2)).toEqual(['small 2']);
    for (let at = 2; at < 100; at++) demand.note(small, at);
    expect(wanted(demand, 4, 100)).toEqual(['small 4']);
  });

  test('follows the shares of what is asked for, and never passes the size', () => {
    const demand = new Demand(small, -5 * minute);
    for (let at = 0; at < 60; at++) demand.note(at % 4 === 0 ? medium : small, at);
    expect(wanted(demand, 4, 60).toSorted()).toEqual(['medium 1', 'small 3']);
    expect(wanted(demand, 1, 60)).toEqual(['small 1']);
    for (let size = 1; size < 12; size++) expect(demand.wanted(size, 60).reduce((sum, { count }) => sum + count, 0)).toBe(size);
  });

  test('is one of what was asked for last after two minutes without a question', () => {
    const demand = new Demand(small, 0);
    for (let at = 0; at < 9; at++) demand.note(small, at);
    demand.note(medium, 10);
    expect(wanted(demand, 4, 3 * minute)).toEqual(['medium 1']);
  });

  test('has the longest time limit that was asked for, because limits can be lowered only', () => {
    const demand = new Demand(small, 0);
    demand.note({ ...small, timeoutMs: small.timeoutMs + 5 }, 1);
    demand.note({ ...small, timeoutMs: 1 }, 2);
    expect(demand.wanted(1, 3)).toEqual([{ kind: kindOf(small), limits: { ...small, timeoutMs: small.timeoutMs + 5 }, count: 1 }]);
  });
});
