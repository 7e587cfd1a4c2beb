import { describe, expect, test } from '@jest/globals';
import { inTaskOrder } from '../../../cli/terminal/task-order.ts';
import { table } from '../../../cli/terminal/table.ts';
import { millis, percent, usd } from '../../../cli/terminal/units.ts';
import type { TaskView } from '../../../shared/execution/execution.ts';

const task = (id: string, needs: string[]): TaskView => ({
  id,
  uses: 'pkg:demo/echo@1.0.0',
  packageDigest: `sha256:${'0'.repeat(64)}`,
  state: 'blocked',
  needs,
  attempts: [],
  outputsDigest: null,
  reusedFrom: null,
  costUsdMicros: 0,
  compensation: 'none',
  compensationAttempts: [],
});

describe('human output', () => {
  test('tables line up, ignore colour codes and leave out empty columns', () => {
    const text = table(
      [{ title: 'A' }, { title: 'EMPTY' }, { title: 'N', align: 'right' }],
      [
        ['\u001b[32mgreen\u001b[39m', '', '1'],
        ['x', '', '100'],
      ],
    );
    expect(text.split('\n')).toEqual(['A        N', '\u001b[32mgreen\u001b[39m    1', 'x      100']);
  });

  test('times, shares and money are readable in every size', () => {
    expect([0, 999, 1_000, 59_900, 60_000, 3_600_000, 90_061_000].map(millis)).toEqual([
      '0 ms',
      '999 ms',
      '1.0 s',
      '59.9 s',
      '1 min',
      '1 h',
      '25 h 1 min',
    ]);
    expect([0, 0.000_04, 0.000_6, 0.0812, 0.1, 1, 12.5, Number.POSITIVE_INFINITY].map(percent)).toEqual([
      '0 %',
      '0 %',
      '0.1 %',
      '8.1 %',
      '10 %',
      '100 %',
      '1250 %',
      'over',
    ]);
    expect([0, 1, 999_999, 1_000_000, 12_345_678].map(usd)).toEqual(['$0.00', '$0.000001', '$0.999999', '$1.00', '$12.35']);
  });

  test('tasks are shown after what they need, even when an answer has a cycle', () => {
    const order = (tasks: TaskView[]): string[] => inTaskOrder(tasks).map(({ id }) => id);
    expect(order([task('a', ['c']), task('b', ['a']), task('c', []), task('d', [])])).toEqual(['c', 'd', 'a', 'b']);
    expect(order([task('a', ['b']), task('b', ['a'])])).toHaveLength(2);
  });
});
