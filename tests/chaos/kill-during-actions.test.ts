import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { faultPoints } from '../../shared/port/faults.ts';
import type { CrashReport } from './crash-report.ts';
import { runScenario } from './run-scenario.ts';

const scenario = fileURLToPath(new URL('./crash-actions-scenario.ts', import.meta.url));

/** Every point that a run or an action passes; the first hit is mostly the run that is cancelled, a later one the retry or the replay. */
const points = faultPoints.filter((point) => !point.startsWith('publish:'));
const laterHits = new Map<string, readonly number[]>([
  ['admit:after-blobs', [2, 3]],
  ['admit:after-write', [2, 3]],
  ['dispatch:after-claim', [3, 4]],
  ['dispatch:after-complete', [3, 4]],
  ['seal:after-sign', [2, 3]],
  ['seal:after-write', [2, 3]],
]);
const cases = points.flatMap((point) => [1, ...(laterHits.get(point) ?? [])].map((hit): [string, number] => [point, hit]));

const run = (dataDir: string, mode: 'prepare' | 'act', point = 'none', hit = 0): ReturnType<typeof runScenario> =>
  runScenario(scenario, [dataDir, mode, point, String(hit)]);

describe('a home killed with SIGKILL while runs are cancelled, retried and replayed', () => {
  let template: string;
  beforeAll(async () => {
    template = mkdtempSync(join(tmpdir(), 'mc-act-template-'));
    const prepared = await run(template, 'prepare');
    expect(JSON.parse(prepared.stdout)).toMatchObject({ runs: [{ state: 'failed' }], inUse: 0, actions: [] });
  }, 60_000);
  afterAll(() => rmSync(template, { recursive: true, force: true }));

  test.concurrent.each(cases)(
    'at %s, hit %i, and asked again after the restart: each action happened once, and every run has one receipt',
    async (point, hit) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'mc-act-'));
      try {
        cpSync(template, dataDir, { recursive: true });
        expect((await run(dataDir, 'act', point, hit)).signal).toBe('SIGKILL');
        const second = await run(dataDir, 'act');
        expect(second).toMatchObject({ signal: null, code: 0 });
        expectWhole(JSON.parse(second.stdout) as CrashReport);
        expectEveryEffect(dataDir, JSON.parse(second.stdout) as CrashReport);
      } finally {
        rmSync(dataDir, { recursive: true, force: true });
      }
    },
    60_000,
  );
});

function expectWhole(report: CrashReport): void {
  const whole = { verified: expect.stringMatching(/^SHA256:/), receipts: 1, ledgerRows: 1, costBalances: true };
  const done = { kept: 'succeeded/none', fetch: 'succeeded/none' };
  expect(report).toMatchObject({
    runs: [
      { ...whole, state: 'failed', tasks: { kept: 'succeeded/none', fetch: 'failed/none' } },
      { ...whole, state: 'cancelled', tasks: { made: 'succeeded/done', sleep: expect.stringMatching(/^(cancelled|skipped)\/none$/) } },
      { ...whole, state: 'succeeded', tasks: done },
      { ...whole, state: 'succeeded', tasks: done },
    ],
    open: 0,
    inUse: 0,
  });
  const [broken, cancelled, retry, replay] = report.runs.map(({ id }) => id);
  expect(new Set([broken, cancelled, retry, replay]).size).toBe(4);
  expect(report.actions).toEqual([`${cancelled} cancel`, `${broken} retry`, `${broken} replay`]);
}

/** The retry does not do again what was reused, and nothing is undone twice: one key for each effect, however often it is asked for. */
function expectEveryEffect(dataDir: string, { runs }: CrashReport): void {
  const keys = new Set(readFileSync(join(dataDir, 'effects.log'), 'utf8').trim().split('\n'));
  const [broken, cancelled, retry, replay] = runs.map(({ id }) => id);
  const expected = [
    ...[`${broken}/kept`, `${broken}/fetch`],
    ...[`${cancelled}/made`, `${cancelled}/sleep`, `${cancelled}/made/compensation`],
    ...[`${retry}/fetch`, `${replay}/kept`, `${replay}/fetch`],
  ];
  expect([...keys].sort()).toEqual(expected.sort());
}
