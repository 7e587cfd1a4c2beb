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

const name = (run: number): string => String(run).padStart(6, '0');
const whose = ({ run, since }: Waiter): string => `${run} ${since}`;

/** Behind those of the same run. */
function placeOf(waiting: readonly Waiter[], run: string): number {
  const place = waiting.findIndex((one) => one.run > run);
  return place < 0 ? waiting.length : place;
}

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

  test('keeps the order of thousands while runs come again, among the oldest and at the end', () => {
    const turns = fc.record({ seed: fc.nat(), takes: fc.array(fc.nat(200), { minLength: 40, maxLength: 40 }) });
    fc.assert(
      fc.property(turns, ({ seed, takes }) => {
        const line = new WaitingLine();
        const waiting: Waiter[] = [];
        let now = 0;
        let next = seed;
        // As far as the line is long, mostly near its beginning.
        const random = (below: number): number => {
          next = (next * 1_103_515_245 + 12_345) % 2 ** 31;
          return Math.floor((next / 2 ** 31) ** 3 * below);
        };
        const add = (run: string): void => {
          const added = waiter(run, (now += 1));
          line.add(added);
          waiting.splice(placeOf(waiting, run), 0, added);
        };
        for (let run = 0; run < 2_000; run += 1) add(name(run));
        for (const count of takes) {
          const taken = line.takeOldest(count);
          expect(taken.map(whose)).toEqual(waiting.splice(0, count).map(whose));
          for (const { run } of taken) for (let again = random(3); again >= 0; again -= 1) add(run);
          add(name(random(3_000)));
          const longest = waiting.reduce<Waiter | undefined>((first, one) => (first && first.since < one.since ? first : one), undefined);
          expect(line.takeLongest(now)).toBe(longest);
          if (longest) waiting.splice(waiting.indexOf(longest), 1);
        }
        expect(line.takeOldest(waiting.length - 1).map(whose)).toEqual(waiting.slice(0, -1).map(whose));
        expect(line.isEmpty).toBe(false);
        expect(line.takeOldest(2).map(whose)).toEqual(waiting.slice(-1).map(whose));
        expect(line.isEmpty).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});
