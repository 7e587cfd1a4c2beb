import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { EmfMetrics } from '../../../shared/aws/emf-metrics.ts';
import { metricNames, metricsNamespace } from '../../../shared/port/metrics.ts';
import { emfLines } from '../../support/emf-lines.ts';

const service = 'maestro-conductor-dev';

describe('metrics in the embedded metric format', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test('are written for all tenants together, which alarms watch, and for the one they are about, which the dashboard shows', () => {
    const written = emfLines(new EmfMetrics(service), (metrics) => metrics.record(metricNames.budgetPercent, 91.5, { tenant: 'acme' }));
    const filed = { namespace: metricsNamespace, name: 'mc_tenant_budget_percent', unit: 'Percent', value: 91.5 };
    expect(written).toEqual([
      { ...filed, dimensions: { service } },
      { ...filed, dimensions: { service, tenant: 'acme' } },
    ]);
  });

  test('carry the unit that the metric is documented with', () => {
    const units = emfLines(new EmfMetrics(service), (metrics) => {
      metrics.record(metricNames.policyEvalMs, 1);
      metrics.record(metricNames.costEstimateUsd, 1);
      metrics.record(metricNames.quotaInUse, 1);
      metrics.count(metricNames.receiptsTotal);
    }).map(({ unit }) => unit);
    expect(units).toEqual(['Milliseconds', 'None', 'Count', 'Count']);
  });
});
