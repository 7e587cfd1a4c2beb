import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WaitingLine, type Waiter } from '../../../shared/embedded/pace/waiting-line.ts';

const waiter = (run: string, since: number): Waiter => ({ run, since, value: undefined, resolve: () => undefined });
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), run: fc.constantFrom('a', 'b', 'c', 'd') }),
  fc.record({ kind: fc.constant('oldest' as const), count: fc.nat(3) }),
  fc.record({ kind: fc.constant('longest' as const), ago: fc.nat(5) }),
);

/** What is to be taken first, found by looking through all. */
const byRun = (waiting: readonly Waiter[]): Waiter[] => waiting.toSorted((x, y) => x.run.localeCompare(y.run) || x.since - y.since);

describe('the line of those who wait', () => {
  test('lets go of the oldest run or of the longest wait, and of each waiter once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const line = new WaitingLine();
        let waiting: Waiter[] = [];
        for (const [now, asked] of steps.entries()) {
          if (asked.kind === 'add') {
            const added = waiter(asked.run, now);
            line.add(added);
            waiting.push(added);
            continue;
          }
          const expected =
            asked.kind === 'oldest'
              ? byRun(waiting).slice(0, asked.count)
              : waiting.slice(0, 1).filter(({ since }) => since <= now - asked.ago);
          const taken =
            asked.kind === 'oldest' ? line.takeOldest(asked.count) : [line.takeLongest(now - asked.ago)].filter((one) => one !== undefined);
          expect(taken).toEqual(expected);
          waiting = waiting.filter((one) => !expected.includes(one));
          expect(line.isEmpty).toBe(waiting.length === 0);
        }
        expect(line.takeOldest(steps.length)).toEqual(byRun(waiting));
      }),
    );
  });
});
