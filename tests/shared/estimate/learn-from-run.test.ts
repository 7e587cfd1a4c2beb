import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { McError } from '../../../shared/core/errors.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { readCalibrations, samplesPerSize, taskTag, type Calibration } from '../../../shared/estimate/calibration.ts';
import { learnFromRun, type RunLesson } from '../../../shared/estimate/learn-from-run.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import type { Table } from '../../../shared/port/table.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const acme = TenantId.parse('acme');
const subject = { uses: 'pkg:demo/echo@1.0.0', resourceClass: 'small' } as const;
let home: TestHome;

beforeEach(() => void (home = buildDeps()));
afterEach(() => home.close());

const attempt = (wallMs: number, taskId = 'greet'): RunLesson['attempts'][number] => ({ ...subject, taskId, wallMs });
const lesson = (changes: Partial<RunLesson> = {}): RunLesson => ({
  workflow: 'hello',
  isSucceeded: true,
  inputBytes: 10,
  estimatedUsdMicros: 100,
  actualUsdMicros: 100,
  attempts: [attempt(70)],
  ...changes,
});
async function learned(tenant = acme): Promise<Calibration> {
  const [calibration] = await readCalibrations(home.deps, tenant, [subject]);
  return calibration ?? new Map();
}
const timesOf = (calibration: Calibration, bucket: number): number[] => calibration.get(bucket)?.samples.map(({ ms }) => ms) ?? [];
/** The table of the home, with a count of its batches. */
function counting(): { table: Table; reads: () => number; writes: () => number } {
  let [reads, writes] = [0, 0];
  const { table } = home.deps;
  const counted = wrapTable(table, {
    getMany: (keys) => ((reads += 1), table.getMany(keys)),
    putMany: (items) => ((writes += 1), table.putMany(items)),
  });
  return { table: counted, reads: () => reads, writes: () => writes };
}

describe('a run teaches', () => {
  test('how long its attempts took, by size of its inputs and by task', async () => {
    await learnFromRun(home.deps, acme, lesson({ attempts: [attempt(70.4), attempt(90, 'again')] }));
    await learnFromRun(home.deps, acme, lesson({ inputBytes: 5_000 }));
    const calibration = await learned();
    expect(timesOf(calibration, 0)).toEqual([70, 90]);
    expect(calibration.get(0)?.samples.map(({ task }) => task)).toEqual([taskTag('hello', 'greet'), taskTag('hello', 'again')]);
    expect(timesOf(calibration, 2)).toEqual([70]);
  });

  test('its own tenant only, and its own resource class only', async () => {
    await learnFromRun(home.deps, acme, lesson());
    expect((await learned(TenantId.parse('beta'))).size).toBe(0);
    const [large] = await readCalibrations(home.deps, acme, [{ ...subject, resourceClass: 'large' }]);
    expect(large?.size).toBe(0);
  });

  test('so that the oldest samples give way, and the item stays small', async () => {
    for (let run = 0; run < samplesPerSize + 10; run += 1) {
      await learnFromRun(home.deps, acme, lesson({ attempts: [attempt(run)] }));
      home.clock.advance(1_000);
    }
    expect(timesOf(await learned(), 0)).toEqual(Array.from({ length: samplesPerSize }, (_, index) => index + 10));
  });
});

test('a full calibration that was written while the clock was ahead goes on learning when the clock is put back', async () => {
  const { clock } = home;
  const ahead = { now: () => clock.now() + 86_400_000, elapsedMs: () => clock.elapsedMs(), sleep: () => clock.sleep(0) };
  const full = Array.from({ length: samplesPerSize }, () => attempt(70));
  await learnFromRun({ ...home.deps, clock: ahead }, acme, lesson({ attempts: full }));
  clock.advance(1_000);
  await learnFromRun(home.deps, acme, lesson({ attempts: [attempt(80)] }));
  expect(timesOf(await learned(), 0).at(-1)).toBe(80);
});

describe('learning does not slow a burst down', () => {
  test('a full calibration is neither read nor written more than once a second', async () => {
    const full = Array.from({ length: samplesPerSize }, () => attempt(70));
    await learnFromRun(home.deps, acme, lesson({ attempts: full }));
    home.clock.advance(1_000);
    const { table, reads, writes } = counting();
    for (let run = 0; run < 500; run += 1) await learnFromRun({ ...home.deps, table }, acme, lesson({ attempts: [attempt(80)] }));
    expect([reads(), writes()]).toEqual([1, 1]);
    home.clock.advance(1_000);
    await learnFromRun({ ...home.deps, table }, acme, lesson({ attempts: [attempt(90)] }));
    expect([reads(), writes()]).toEqual([2, 2]);
    expect(timesOf(await learned(), 0).slice(-2)).toEqual([80, 90]);
  });

  test('a full calibration that another process has just written is left alone', async () => {
    await learnFromRun(home.deps, acme, lesson({ attempts: Array.from({ length: samplesPerSize }, () => attempt(70)) }));
    const { table, writes } = counting();
    await learnFromRun({ ...home.deps, table }, acme, lesson());
    expect(writes()).toBe(0);
  });

  test('of runs that end at once, one writes', async () => {
    const { table, writes } = counting();
    await Promise.all(Array.from({ length: 500 }, () => learnFromRun({ ...home.deps, table }, acme, lesson())));
    expect(writes()).toBe(1);
    expect(home.metrics.samples(metricNames.estimatorDrift)).toHaveLength(500);
  });

  test('a store that takes nothing costs the lesson, not the run, and the next run is learned from again', async () => {
    const warnings: string[] = [];
    const logger = { ...home.deps.logger, warn: (message: string) => void warnings.push(message) };
    let isFull = true;
    const { table: counted } = counting();
    const refuse = (): Promise<never> => Promise.reject(new McError('mc:store:full', 'the disk is full'));
    const table: Table = { ...counted, putMany: (items) => (isFull ? refuse() : counted.putMany(items)) };
    await learnFromRun({ ...home.deps, table, logger }, acme, lesson());
    expect(warnings).toEqual(['what a run taught about its cost could not be kept']);
    isFull = false;
    await learnFromRun({ ...home.deps, table, logger }, acme, lesson());
    expect(timesOf(await learned(), 0)).toEqual([70]);
  });

  test('an error that is none of the store is not swallowed', async () => {
    const broken = { ...counting().table, getMany: () => Promise.reject(new TypeError('a bug')) };
    await expect(learnFromRun({ ...home.deps, table: broken }, acme, lesson())).rejects.toThrow('a bug');
  });
});

describe('the drift', () => {
  test('is the distance of measured from estimated, either way, in percent of the estimate', async () => {
    for (const actualUsdMicros of [100, 112, 70]) await learnFromRun(home.deps, acme, lesson({ actualUsdMicros }));
    expect([...home.metrics.samples(metricNames.estimatorDrift)]).toEqual([0, 12, 30]);
  });

  test('of a run that was estimated to be free is counted in micro-dollars', async () => {
    await learnFromRun(home.deps, acme, lesson({ estimatedUsdMicros: 0, actualUsdMicros: 0 }));
    await learnFromRun(home.deps, acme, lesson({ estimatedUsdMicros: 0, actualUsdMicros: 2 }));
    expect([...home.metrics.samples(metricNames.estimatorDrift)]).toEqual([0, 200]);
  });

  test('of a failed run is not measured, but what succeeded in it teaches', async () => {
    await learnFromRun(home.deps, acme, lesson({ isSucceeded: false, actualUsdMicros: 3 }));
    expect(home.metrics.samples(metricNames.estimatorDrift)).toHaveLength(0);
    expect(timesOf(await learned(), 0)).toEqual([70]);
  });
});
