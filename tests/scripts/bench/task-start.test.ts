import { describe, expect, test } from '@jest/globals';
import { measureLevel } from '../../../scripts/bench/task-start/measure-level.ts';
import { measureMemory } from '../../../scripts/bench/task-start/measure-memory.ts';
import { renderStartReport } from '../../../scripts/bench/task-start/start-report.ts';

describe('the bench of task starts', () => {
  test('measures cold and warm starts of one level in one run, and a warm one is the faster', async () => {
    const found = await measureLevel('node-permission', 5);
    expect(found).toMatchObject({ level: 'node-permission', attempts: 5 });
    const { cold, warm } = found ?? {};
    expect(warm?.startMs.p50).toBeGreaterThan(0);
    expect(warm?.startMs.p50).toBeLessThan(cold?.startMs.p50 ?? 0);
    expect(warm?.attemptMs.p50).toBeGreaterThan(warm?.startMs.p50 ?? Infinity);
  });

  (process.platform === 'linux' ? test : test.skip)(
    'says what a waiting sandbox takes: more than nothing, less than a task may',
    async () => {
      const bytes = await measureMemory('node-permission');
      expect(bytes).toBeGreaterThan(2e6);
      expect(bytes).toBeLessThan(256e6);
    },
  );

  test('prints p50 and p95 of both, and what was not reached', () => {
    const times = { p50: 3.71, p95: 12.4, p99: 20 };
    const summary = { startMs: times, attemptMs: { p50: 10, p95: 20, p99: 30 } };
    const text = renderStartReport({
      machine: { class: '2 x CPU, node 24', memoryBytes: 1, fsyncMs: times },
      load: { before: 0.1, after: 1 },
      levels: [{ level: 'bubblewrap', tools: 'bwrap', attempts: 60, cold: summary, warm: summary, spareBytes: 15.2e6 }],
      notReached: [{ level: 'bubblewrap-seccomp' }],
      bursts: [{ spares: 4, attempts: 60, width: 4, perSecond: 20.5, startMs: times }],
    });
    expect(text).toContain('| `bubblewrap` | 3.7 / 12 | 3.7 / 12 | 10 / 20 | 10 / 20 | 15 |');
    expect(text).toContain('| `bubblewrap-seccomp` | not reached on this machine |');
    expect(text).toContain('| 60, 4 at a time | 4 | 20.5 | 3.7 / 12 |');
  });
});
