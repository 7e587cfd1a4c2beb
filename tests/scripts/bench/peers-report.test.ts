import { describe, expect, test } from '@jest/globals';
import { renderPeersReport, spreadOf, timesFasterPeer, type Outcome, type PeersReport } from '../../../scripts/bench/peers/peers-report.ts';

const flat = (value: number): { p50: number; p95: number; p99: number } => ({ p50: value, p95: value, p99: value });
const outcome = (contender: string, perSecond: number, changes: Partial<Outcome> = {}): Outcome => ({
  contender,
  runs: 1_000,
  slowFsyncMs: 0,
  repeat: 1,
  figures: { acceptedMs: flat(10), startMs: flat(20), perSecond, peakRssBytes: 300e6 },
  ...changes,
});
const failed = (contender: string, changes: Partial<Outcome> = {}): Outcome => {
  const { figures: _, ...rest } = outcome(contender, 0, changes);
  return { ...rest, failure: 'not finished within 180 s' };
};
const report = (outcomes: Outcome[], notRun: PeersReport['notRun'] = []): PeersReport => ({
  machine: { class: '2 x test', memoryBytes: 1, fsyncMs: flat(0.1) },
  load: { before: 0.1, after: 1.9 },
  connections: 128,
  contenders: [
    { name: 'ours', settings: 'as shipped' },
    { name: 'a', settings: 'tuned' },
    { name: 'b', settings: 'tuned too' },
  ],
  notRun,
  outcomes,
});
const rowsOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('| 1') || line.startsWith('| 5'));

describe('the spread of a figure', () => {
  test('is its middle value with the least and the greatest, and does not depend on their order', () => {
    expect(spreadOf([9, 1, 5])).toEqual({ median: 5, least: 1, greatest: 9 });
    expect(spreadOf([10, 9])).toEqual({ median: 9, least: 9, greatest: 10 });
  });

  test('is nothing when nothing was measured', () => {
    expect(spreadOf([])).toBeUndefined();
  });
});

describe('ours as a multiple of the faster peer', () => {
  test('is taken within each repeat, against whichever peer was faster in it', () => {
    const outcomes = [
      ...[outcome('ours', 800), outcome('a', 400), outcome('b', 200)],
      ...[outcome('ours', 600), outcome('a', 100), outcome('b', 200)].map((each) => ({ ...each, repeat: 2 })),
      ...[outcome('ours', 500), outcome('a', 500), outcome('b', 100)].map((each) => ({ ...each, repeat: 3 })),
    ];
    expect(timesFasterPeer('ours', outcomes)).toEqual({ median: 2, least: 1, greatest: 3 });
  });

  test('leaves out a repeat in which we or every peer did not finish, and a peer that did not finish', () => {
    const second = { repeat: 2 };
    const third = { repeat: 3 };
    const outcomes = [
      ...[outcome('ours', 800), failed('a'), outcome('b', 200)],
      ...[failed('ours', second), outcome('a', 100, second)],
      ...[outcome('ours', 900, third), failed('a', third), failed('b', third)],
    ];
    expect(timesFasterPeer('ours', outcomes)).toEqual({ median: 4, least: 4, greatest: 4 });
    expect(timesFasterPeer('ours', [outcome('ours', 900), failed('a')])).toBeUndefined();
  });
});

describe('the report', () => {
  test('has a row for each size and engine, smallest size first, with medians, ranges and the multiple beside ours only', () => {
    const large = { runs: 5_000 };
    const rows = rowsOf(
      renderPeersReport(
        report([
          outcome('ours', 900, large),
          outcome('a', 300, large),
          outcome('b', 100, large),
          outcome('ours', 700),
          outcome('ours', 750, { repeat: 2 }),
          outcome('a', 350),
          outcome('a', 250, { repeat: 2 }),
        ]),
      ),
    );
    expect(rows).toEqual([
      '| 1000 | ours | 10 | 20 | 700 (700–750) | 300 | 2.00 (2.00–3.00) |',
      '| 1000 | a | 10 | 20 | 250 (250–350) | 300 |  |',
      '| 1000 | b | – | – | – | – |  |',
      '| 5000 | ours | 10 | 20 | 900 | 300 | 3.00 |',
      '| 5000 | a | 10 | 20 | 300 | 300 |  |',
      '| 5000 | b | 10 | 20 | 100 | 300 |  |',
    ]);
  });

  test('says of an engine that did not always finish how often it did, and why not', () => {
    const text = renderPeersReport(report([outcome('ours', 700), outcome('a', 300), failed('a', { repeat: 2 }), outcome('b', 100)]));
    expect(rowsOf(text)[1]).toBe('| 1000 | a, 1 of 2 finished | 10 | 20 | 300 | 300 |  |');
    expect(text).toContain('- a, 1000 at once, repeat 2: not finished within 180 s.');
  });

  test('keeps a slower disk apart, and shows there how often each engine syncs', () => {
    const slow = {
      slowFsyncMs: 1,
      figures: { acceptedMs: flat(10), startMs: flat(20), perSecond: 90, peakRssBytes: 300e6, syncsPerRun: 0.25 },
    };
    const text = renderPeersReport(report([outcome('ours', 0, slow), outcome('ours', 700)]));
    const [asItIs = '', slower = ''] = text.split('Every sync 1 ms slower:');
    expect(rowsOf(asItIs)[0]).toBe('| 1000 | ours | 10 | 20 | 700 | 300 | – |');
    expect(rowsOf(slower)[0]).toBe('| 1000 | ours | 10 | 20 | 90 | 300 | 0.25 | – |');
  });

  test('names the settings of each engine, and what was not run', () => {
    const text = renderPeersReport(report([outcome('ours', 700)], [{ name: 'c', why: 'it is not on this machine' }]));
    expect(text).toContain('- a: tuned.\n- b: tuned too.\n- c: not run, it is not on this machine.');
  });
});
