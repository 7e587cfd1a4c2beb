import { describe, expect, test } from '@jest/globals';
import { brokenPromises, renderEstimatorReport, reportOf } from '../../../scripts/bench/estimator/estimator-report.ts';
import type { MeasuredRun } from '../../../scripts/bench/estimator/run-suite.ts';
import { suiteCases, suiteWorkflows } from '../../../scripts/bench/estimator/suite.ts';
import { parseManifest } from '../../../shared/manifest/parse-manifest.ts';

const machine = { class: '2 x test', memoryBytes: 1, fsyncMs: { p50: 1, p95: 1, p99: 1 } };
const run = (changes: Partial<MeasuredRun> = {}): MeasuredRun => ({
  title: 'a',
  isHeldOut: true,
  hasEstimate: true,
  isLearned: true,
  estimatedUsdMicros: 100,
  lowUsdMicros: 90,
  highUsdMicros: 120,
  actualUsdMicros: 105,
  estimatedMs: 50,
  actualMs: 60,
  ...changes,
});
const report = (runs: MeasuredRun[]): ReturnType<typeof reportOf> => reportOf(machine, { before: 0.1, after: 1 }, runs);
const many = (count: number, changes: Partial<MeasuredRun> = {}): MeasuredRun[] => Array.from({ length: count }, () => run(changes));

describe('the suite', () => {
  test('has valid workflows, and every case names one of them', () => {
    const refs = suiteWorkflows
      .map((text) => parseManifest(text, 'application/yaml').manifest)
      .map(({ name, version }) => `${name}@${version}`);
    expect(new Set(suiteCases.map(({ workflow }) => workflow))).toEqual(new Set(refs));
  });
});

describe('a report', () => {
  test('judges held-out runs only, and says of all runs whether they had an estimate', () => {
    const teaching = many(10, { isHeldOut: false, actualUsdMicros: 500, hasEstimate: false });
    const { heldOut, trainedRuns, withEstimateShare } = report([...teaching, ...many(10), ...many(10, { actualUsdMicros: 115 })]);
    expect([trainedRuns, heldOut.runs, heldOut.within10Share, heldOut.withinIntervalShare]).toEqual([10, 20, 0.5, 1]);
    expect([heldOut.medianDriftPercent, heldOut.timeWithin10Share, heldOut.medianTimeDriftPercent]).toEqual([5, 0, 20]);
    expect(withEstimateShare).toBe(0.667);
  });

  test('keeps its promises from 95 % and from 99 % on', () => {
    expect(brokenPromises(report([...many(95), ...many(5, { actualUsdMicros: 111 })]))).toEqual([]);
    expect(brokenPromises(report([...many(94), ...many(6, { actualUsdMicros: 111 })]))).toEqual([
      'held-out runs within 10 % of their estimate: 94.0 %, promised are 95.0 %',
    ]);
    expect(brokenPromises(report([...many(98), ...many(2, { hasEstimate: false })]))).toEqual([
      'runs with an estimate before they start: 98.0 %, promised are 99.0 %',
    ]);
  });

  test('shows every case with its drift', () => {
    const text = renderEstimatorReport(report([...many(2), ...many(2, { title: 'b', actualUsdMicros: 130 })]));
    expect(text).toContain('| cost within 10 % of the estimate | 50.0 % | 95.0 % |');
    expect(text).toContain('| b | 130 | 0.0 % | 0.0 % | 30 % | 0.0 % |');
  });
});
