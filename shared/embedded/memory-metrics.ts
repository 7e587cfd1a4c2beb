import type { MetricName, Metrics } from '../port/metrics.ts';

/** Samples kept per metric: enough for a stable p99, small enough to keep for ever. */
const samplesPerMetric = 20_000;

/** Counters and the newest samples in memory, for the bench, the health page and tests. */
export class MemoryMetrics implements Metrics {
  readonly #counts = new Map<string, number>();
  readonly #samples = new Map<MetricName, { values: Float64Array; next: number; total: number }>();

  count(name: MetricName, value = 1, dimensions?: Readonly<Record<string, string>>): void {
    for (const key of dimensions ? [name, `${name}${JSON.stringify(dimensions)}`] : [name]) {
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + value);
    }
  }

  record(name: MetricName, value: number): void {
    let samples = this.#samples.get(name);
    if (!samples) this.#samples.set(name, (samples = { values: new Float64Array(samplesPerMetric), next: 0, total: 0 }));
    samples.values[samples.next] = value;
    samples.next = (samples.next + 1) % samplesPerMetric;
    samples.total += 1;
  }

  /** The sum of a counter, over all dimensions or for exactly these. */
  counted(name: MetricName, dimensions?: Readonly<Record<string, string>>): number {
    return this.#counts.get(dimensions ? `${name}${JSON.stringify(dimensions)}` : name) ?? 0;
  }

  /** The kept samples of a metric in ascending order. */
  samples(name: MetricName): Float64Array {
    const samples = this.#samples.get(name);
    return samples ? samples.values.slice(0, Math.min(samples.total, samplesPerMetric)).sort() : new Float64Array();
  }
}
