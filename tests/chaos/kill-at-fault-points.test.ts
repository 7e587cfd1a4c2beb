import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEmbeddedHome } from '../../cli/host/embedded-deps.ts';
import { faultPoints } from '../../shared/port/faults.ts';
import type { CrashReport } from './crash-report.ts';
import { runScenario } from './run-scenario.ts';

const scenario = fileURLToPath(new URL('./crash-scenario.ts', import.meta.url));

/** The point of a cancel is hit by nobody here; kill-during-actions.test.ts kills there. */
const pointsOfRuns = faultPoints.filter((point) => !point.startsWith('cancel:'));

/** Points that a fault hits late in a run are killed at their first hit; busy ones also at a later one, in the middle of other runs. */
const cases = pointsOfRuns.flatMap((point): [string, number][] => [
  [point, 1],
  ...(point.startsWith('dispatch:') ? ([[point, 5]] as [string, number][]) : []),
]);

describe('a home killed with SIGKILL', () => {
  let template: string;
  beforeAll(async () => {
    template = mkdtempSync(join(tmpdir(), 'mc-crash-template-'));
    await (await openEmbeddedHome({ dataDir: template })).close();
  }, 60_000);
  afterAll(() => rmSync(template, { recursive: true, force: true }));

  test.concurrent.each(cases)(
    'at %s, hit %i, and started again: every run ends with exactly one receipt, nothing is lost or doubled',
    async (point, hit) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'mc-crash-'));
      try {
        cpSync(template, dataDir, { recursive: true });
        expect((await runScenario(scenario, [dataDir, point, String(hit)])).signal).toBe('SIGKILL');
        const second = await runScenario(scenario, [dataDir, 'none', '0']);
        expect(second).toMatchObject({ signal: null, code: 0 });
        expectWhole(JSON.parse(second.stdout) as CrashReport);
        expectEveryEffect(dataDir);
      } finally {
        rmSync(dataDir, { recursive: true, force: true });
      }
    },
    60_000,
  );
});

function expectWhole(report: CrashReport): void {
  const whole = { verified: expect.stringMatching(/^SHA256:/), receipts: 1, ledgerRows: 1, costBalances: true };
  const good = { a: 'succeeded/none', b: 'succeeded/none', c: 'succeeded/none', d: 'succeeded/none' };
  const bad = { first: 'succeeded/done', second: 'succeeded/done', broken: 'failed/none' };
  expect(report).toMatchObject({
    runs: [
      { ...whole, state: 'succeeded', tasks: good },
      { ...whole, state: 'succeeded', tasks: good },
      { ...whole, state: 'failed', tasks: bad },
    ],
    open: 0,
    inUse: 0,
    log: { differences: [], isWhole: true },
  });
  expect(new Set(report.runs.map(({ id }) => id)).size).toBe(3);
}

/** Every task and compensation reached the outside world under one key each; a repeated attempt repeats the key, so the world can tell. */
function expectEveryEffect(dataDir: string): void {
  const keys = new Set(readFileSync(join(dataDir, 'effects.log'), 'utf8').trim().split('\n'));
  const suffixes = [...keys].map((key) => key.slice(key.indexOf('/') + 1)).sort();
  const goods = ['a', 'b', 'c', 'd'].flatMap((task) => [task, task]);
  expect(suffixes).toEqual([...goods, 'broken', 'first', 'first/compensation', 'second', 'second/compensation'].sort());
}
