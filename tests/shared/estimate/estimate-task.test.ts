import { describe, expect, test } from '@jest/globals';
import { taskTag, type Calibration, type Sample } from '../../../shared/estimate/calibration.ts';
import { estimateTask, type EstimateQuestion } from '../../../shared/estimate/estimate-task.ts';

const mine = taskTag('audit', 'sbom');
const other = taskTag('audit', 'report');

/** 1 micro-dollar a millisecond, so that costs read as times. */
const question = (changes: Partial<EstimateQuestion> = {}): EstimateQuestion => ({
  task: mine,
  price: {
    cost: { perRunUsdMicros: 10, perSecondUsdMicros: 1_000, typicalMs: 200 },
    resourceClass: 'small',
    place: { cloud: 'local', region: 'US' },
  },
  timeoutMs: 30_000,
  retries: 0,
  bucket: 1,
  ...changes,
});

const samples = (count: number, ms: number, task = mine): Sample[] => Array.from({ length: count }, () => ({ ms, task }));
const calibration = (rings: Record<number, Sample[]>): Calibration =>
  new Map(Object.entries(rings).map(([bucket, kept]) => [Number(bucket), { at: 0, samples: kept }]));

describe('the time of a task is guessed from', () => {
  test('its own attempts with inputs of that size', () => {
    const known = calibration({ 1: [...samples(5, 300), ...samples(40, 900, other)], 2: samples(60, 5_000) });
    expect(estimateTask(question(), known)).toMatchObject({
      estimatedMs: 300,
      estimatedCostUsdMicros: 310,
      basis: 'learned',
      samples: 5,
      why: 'median of 5 attempts of this task with inputs of 1 to 4 KiB',
    });
  });

  test('else attempts of any task with that package and that size', () => {
    const known = calibration({ 1: [...samples(4, 300), ...samples(4, 900, other)], 2: samples(60, 5_000) });
    expect(estimateTask(question(), known)).toMatchObject({
      estimatedMs: 600,
      basis: 'learned',
      samples: 8,
      why: 'median of 8 attempts of this package with inputs of 1 to 4 KiB',
    });
  });

  test('else its own attempts with inputs of any size, else those of the package', () => {
    const own = calibration({ 1: samples(4, 300), 2: [...samples(6, 500), ...samples(20, 9_000, other)] });
    expect(estimateTask(question(), own)).toMatchObject({ samples: 10, why: 'median of 10 attempts of this task with inputs of any size' });
    const others = calibration({ 3: samples(7, 700, other) });
    expect(estimateTask(question(), others)).toMatchObject({
      estimatedMs: 700,
      why: 'median of 7 attempts of this package with inputs of any size',
    });
  });

  test('inputs of any size while the inputs are not known', () => {
    const known = calibration({ 1: samples(5, 300), 2: samples(6, 500) });
    expect(estimateTask(question({ bucket: undefined }), known)).toMatchObject({
      estimatedMs: 500,
      samples: 11,
      why: 'median of 11 attempts of this task with inputs of any size',
    });
  });

  test('what its package declares, from a tenth to ten times of it, until there are five attempts', () => {
    expect(estimateTask(question(), new Map())).toEqual({
      estimatedMs: 200,
      estimatedCostUsdMicros: 210,
      basis: 'declared',
      samples: 0,
      lowUsdMicros: 30,
      highUsdMicros: 2_010,
      why: 'declared by the package, give or take 10 times; no receipts of yours yet',
    });
    expect(estimateTask(question(), calibration({ 1: samples(4, 300) }))).toMatchObject({
      estimatedMs: 200,
      basis: 'declared',
      samples: 4,
      why: 'declared by the package, give or take 10 times; your receipts show 4 attempts so far, 5 are needed',
    });
  });
});

describe('an estimate', () => {
  test('has an interval around it that holds nine in ten of the attempts', () => {
    const kept = Array.from({ length: 39 }, (_, at) => ({ ms: 101 + at, task: mine }));
    expect(estimateTask(question(), calibration({ 1: kept }))).toMatchObject({
      estimatedCostUsdMicros: 130,
      lowUsdMicros: 112,
      highUsdMicros: 148,
    });
  });

  test('never goes beyond the timeout of the task', () => {
    expect(estimateTask(question({ timeoutMs: 250 }), calibration({ 1: samples(5, 900) }))).toMatchObject({
      estimatedMs: 250,
      lowUsdMicros: 260,
      highUsdMicros: 260,
    });
  });

  test('is of one attempt, and says so where there may be more', () => {
    const { why, estimatedCostUsdMicros } = estimateTask(question({ retries: 2 }), calibration({ 1: samples(5, 300) }));
    expect(estimatedCostUsdMicros).toBe(310);
    expect(why).toMatch(/; for one attempt, and each of at most 2 retries costs about as much again$/);
  });
});

test('a task is told from others by workflow and id together', () => {
  expect(new Set([taskTag('a', 'b'), taskTag('a', 'c'), taskTag('b', 'b'), taskTag('a#b', ''), taskTag('a', '#b')]).size).toBe(5);
});
