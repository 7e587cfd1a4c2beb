import { expect, test } from '@jest/globals';
import { oneRun, type RunUse, type PartUse } from '../../../scripts/scaling/run-use.ts';
import { countRun } from './count-run.ts';

/** What does not depend on how long a time or a version is as text. */
function calls(run: RunUse): unknown {
  const withoutUnits = ({ partitions, ...rest }: PartUse): unknown => ({
    ...rest,
    partitions: partitions.map(({ partition, writes, reads }) => ({ partition, writes, reads })),
  });
  return Object.fromEntries(Object.entries(run).map(([stage, use]) => [stage, withoutUnits(use)]));
}

const unitsOf = (run: RunUse): { partition: string; writeUnits: number; readUnits: number }[] =>
  Object.entries(run).flatMap(([stage, { partitions }]) =>
    partitions.map(({ partition, writeUnits, readUnits }) => ({ partition: `${stage} ${partition}`, writeUnits, readUnits })),
  );

test('a run of three tasks makes exactly the calls that the scaling page reckons with', async () => {
  const counted = await countRun();
  // When the engine changed on purpose, this is the new content of scripts/scaling/one-run.json.
  if (JSON.stringify(calls(counted)) !== JSON.stringify(calls(oneRun))) process.stderr.write(`${JSON.stringify(counted)}\n`);
  expect(calls(counted)).toEqual(calls(oneRun));
  const written = new Map(unitsOf(oneRun).map((use) => [use.partition, use]));
  for (const { partition, writeUnits, readUnits } of unitsOf(counted)) {
    // An item that stands on the edge of a kilobyte may fall to either side: two units of a transaction.
    expect(Math.abs(writeUnits - (written.get(partition)?.writeUnits ?? NaN))).toBeLessThanOrEqual(2);
    expect(Math.abs(readUnits - (written.get(partition)?.readUnits ?? NaN))).toBeLessThanOrEqual(1);
  }
}, 30_000);
