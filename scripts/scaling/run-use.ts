/**
 * What one run of three tasks in a row asks of the services, counted on its way through the ports (tests/scripts/scaling/run-use.test.ts counts again and
 * compares). one-run.json holds the numbers, so that code and paper cannot part.
 */
import { z } from 'zod';
import counted from './one-run.json' with { type: 'json' };

const Count = z.int().nonnegative();

/** What a partition of the table, or of an index, is asked for. Units are DynamoDB's: 1 KB written, 4 KB read; a transaction counts twice. */
const PartitionUse = z.strictObject({ partition: z.string(), writes: Count, writeUnits: Count, reads: Count, readUnits: Count });
export type PartitionUse = z.infer<typeof PartitionUse>;

const PartUse = z.strictObject({
  partitions: z.array(PartitionUse),
  transactions: Count,
  blobPuts: Count,
  blobGets: Count,
  queueCalls: Count,
  messages: Count,
  signatures: Count,
  supervisionStarts: Count,
  wakeUps: Count,
});
export type PartUse = z.infer<typeof PartUse>;

/** What a caller waits for, what the three tasks do, and what supervision does beside and after them. */
export const RunUse = z.strictObject({ admission: PartUse, tasks: PartUse, supervision: PartUse });
export type RunUse = z.infer<typeof RunUse>;

/** The counted run. */
export const oneRun: RunUse = RunUse.parse(counted);

/** How many tasks it has. */
export const tasksOfRun = 3;

/** The same partitions of all stages added up, the busiest first. */
export function allPartitions(run: RunUse): PartitionUse[] {
  const byName = new Map<string, PartitionUse>();
  for (const use of Object.values(run).flatMap(({ partitions }) => partitions)) {
    const sum = byName.get(use.partition) ?? { partition: use.partition, writes: 0, writeUnits: 0, reads: 0, readUnits: 0 };
    byName.set(use.partition, {
      partition: use.partition,
      writes: sum.writes + use.writes,
      writeUnits: sum.writeUnits + use.writeUnits,
      reads: sum.reads + use.reads,
      readUnits: sum.readUnits + use.readUnits,
    });
  }
  return [...byName.values()].sort((a, b) => b.writeUnits - a.writeUnits || a.partition.localeCompare(b.partition));
}

/** One number of all stages together. */
export function total(run: RunUse, name: Exclude<keyof PartUse, 'partitions'>): number {
  return Object.values(run).reduce((sum, stage) => sum + stage[name], 0);
}
