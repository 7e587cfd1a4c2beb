import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { metricsNamespace, metricsService, type MetricName } from '../../shared/port/metrics.ts';

/** How often alarms and graphs look. */
export const period = Duration.minutes(5);

/** A metric of the home of this stage over all its dimensions, as shared/aws/emf-metrics.ts writes it. */
export function ownMetric(stage: string, metricName: MetricName, statistic: string): Metric {
  return new Metric({ namespace: metricsNamespace, metricName, statistic, period, dimensionsMap: { service: metricsService(stage) } });
}
