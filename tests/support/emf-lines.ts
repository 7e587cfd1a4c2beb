import { jest } from '@jest/globals';
import type { Metrics } from '../../shared/port/metrics.ts';

interface EmfLine {
  _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[] };
}

/** A value as CloudWatch files it. */
interface Filed {
  namespace: string;
  dimensions: Record<string, unknown>;
  name: string;
  unit: string;
  value: unknown;
}

/** What CloudWatch would make of the lines in the embedded metric format that this writes. */
export function emfLines(metrics: Metrics, write: (metrics: Metrics) => void): Filed[] {
  const lines: string[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  write(metrics);
  spy.mockRestore();
  return lines.map((line) => {
    const parsed = JSON.parse(line) as EmfLine & Record<string, unknown>; // The format is CloudWatch's.
    const [set] = parsed._aws.CloudWatchMetrics;
    const { Name: name = '', Unit: unit = '' } = set?.Metrics[0] ?? {};
    const dimensions = Object.fromEntries((set?.Dimensions[0] ?? []).map((dimension) => [dimension, parsed[dimension]]));
    return { namespace: set?.Namespace ?? '', dimensions, name, unit, value: parsed[name] };
  });
}
