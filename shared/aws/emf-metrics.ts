import { Metrics as Powertools, MetricUnit } from '@aws-lambda-powertools/metrics';
import { metricMeanings, metricsNamespace, type MetricName, type MetricMeaning, type Metrics } from '../port/metrics.ts';

/** How CloudWatch spells our units; it has none for money. */
const units = {
  count: MetricUnit.Count,
  ms: MetricUnit.Milliseconds,
  usd: MetricUnit.NoUnit,
  percent: MetricUnit.Percent,
} as const satisfies Record<MetricMeaning['unit'], string>;

/** Metrics in CloudWatch's embedded metric format: one log line each, so nothing waits for an API and nothing is lost when a container freezes. */
export class EmfMetrics implements Metrics {
  readonly #metrics: Powertools;

  /** Every metric has the dimension `service` with this value. */
  constructor(serviceName: string) {
    this.#metrics = new Powertools({ namespace: metricsNamespace, serviceName });
  }

  count(name: MetricName, value = 1, dimensions: Readonly<Record<string, string>> = {}): void {
    this.#emit(name, MetricUnit.Count, value, dimensions);
  }

  record(name: MetricName, value: number, dimensions: Readonly<Record<string, string>> = {}): void {
    this.#emit(name, units[metricMeanings[name].unit], value, dimensions);
  }

  #emit(
    name: MetricName,
    unit: (typeof MetricUnit)[keyof typeof MetricUnit],
    value: number,
    dimensions: Readonly<Record<string, string>>,
  ): void {
    // Dimensions make another metric in CloudWatch, so what has some is also written without: alarms watch the whole.
    const sets = Object.keys(dimensions).length > 0 ? [{}, { ...dimensions }] : [{}];
    for (const set of sets) {
      // A single metric is written when it is added; it carries no dimension of another one.
      const metric = this.#metrics.singleMetric();
      metric.addDimensions(set);
      metric.addMetric(name, unit, value);
    }
  }
}
