import type { Load, QueueReading } from './quota-use.ts';
import { renderCalls, renderPartitions, renderQueue, renderQuotas } from './render-scaling.ts';
import { oneRun } from './run-use.ts';

/** As deployed by default, with more invocations, and with pollers of the queue's own (settings of the stacks). */
const readings: readonly QueueReading[] = [
  { workersMax: 500, pollers: 0 },
  { workersMax: 1_000, pollers: 0 },
  { workersMax: 1_000, pollers: 50 },
];

/** The tables by the names that the page gives them. */
export function scalingTables(load: Load): ReadonlyMap<string, string> {
  return new Map([
    ['calls', renderCalls(oneRun)],
    ['quotas', renderQuotas(oneRun, load)],
    ['partitions', renderPartitions(oneRun, [{ ...load, tenants: 1 }, load])],
    ['queue', renderQueue(load, readings)],
  ]);
}

/** All tables of a load, one after the other. */
export function renderScaling(load: Load): string {
  return [...scalingTables(load)].map(([name, table]) => `${name}\n\n${table}`).join('\n\n');
}
