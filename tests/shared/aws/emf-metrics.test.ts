import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { EmfMetrics } from '../../../shared/aws/emf-metrics.ts';
import { metricNames } from '../../../shared/port/metrics.ts';

interface EmfLine {
  _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[] };
}

/** What CloudWatch would make of the lines that this writes. */
function written(write: (metrics: EmfMetrics) => void): { dimensions: string[]; name: string; unit: string; value: unknown }[] {
  const lines: string[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  write(new EmfMetrics());
  spy.mockRestore();
  return lines.map((line) => {
    const parsed = JSON.parse(line) as EmfLine & Record<string, unknown>; // The format is CloudWatch's.
    const [set] = parsed._aws.CloudWatchMetrics;
    const { Name: name = '', Unit: unit = '' } = set?.Metrics[0] ?? {};
    return { dimensions: set?.Dimensions[0] ?? [], name, unit, value: parsed[name] };
  });
}

describe('metrics in the embedded metric format', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test('are written for all tenants together, which alarms watch, and for the one they are about, which the dashboard shows', () => {
    expect(written((metrics) => metrics.record(metricNames.budgetPercent, 91.5, { tenant: 'acme' }))).toEqual([
      { dimensions: ['service'], name: 'mc_tenant_budget_percent', unit: 'Percent', value: 91.5 },
      { dimensions: ['service', 'tenant'], name: 'mc_tenant_budget_percent', unit: 'Percent', value: 91.5 },
    ]);
  });

  test('carry the unit that the metric is documented with', () => {
    const units = written((metrics) => {
      metrics.record(metricNames.policyEvalMs, 1);
      metrics.record(metricNames.costEstimateUsd, 1);
      metrics.record(metricNames.quotaInUse, 1);
      metrics.count(metricNames.receiptsTotal);
    }).map(({ unit }) => unit);
    expect(units).toEqual(['Milliseconds', 'None', 'Count', 'Count']);
  });
});
