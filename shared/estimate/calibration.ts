/**
 * What a tenant has learned about one package in one resource class: how long its last attempts took, by size of the inputs. One item each, so that
 * a plan reads everything about its packages in one batch; a ring of samples a size, so that an item stays below 20 KB for ever.
 */
import { z } from 'zod';
import type { ResourceClass } from '../core/resource-class.ts';
import { digestJson, hexOf } from '../core/digest.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import { tableLimits, type Item, type Key } from '../port/table.ts';
import { sizeBuckets } from './size-bucket.ts';

/** Samples kept of each size: enough to leave one in twenty out at either end, few enough that 20 runs in a changed world move the median. */
export const samplesPerSize = 40;

const Sample = z.object({ ms: z.int().nonnegative(), task: z.string() });
/** How long one attempt took, and the tag of the task it was of. */
export type Sample = z.infer<typeof Sample>;

const Ring = z.object({ at: z.int(), samples: z.array(Sample).max(samplesPerSize) });
/** The last samples of one size, oldest first, and when the last one came. */
export type Ring = z.infer<typeof Ring>;

/** Rings by size bucket. */
export type Calibration = ReadonlyMap<number, Ring>;

/** What is calibrated. */
export interface CalibrationSubject {
  uses: string;
  resourceClass: ResourceClass;
}

export function calibrationKey(tenant: TenantId, { uses, resourceClass }: CalibrationSubject): Key {
  return { pk: `T#${tenant}#EST`, sk: `${uses}#${resourceClass}` };
}

/** Tells the same task of a workflow from others that use its package, whatever the version; short, for it stands in every sample. */
export function taskTag(workflow: string, taskId: string): string {
  return hexOf(digestJson([workflow, taskId])).slice(0, 8);
}

const fieldOf = (bucket: number): string => `size${bucket}`;

function toCalibration(item: Item | undefined): Calibration {
  return new Map(
    sizeBuckets.flatMap((bucket) => {
      const ring = item?.[fieldOf(bucket)];
      return ring === undefined ? [] : [[bucket, Ring.parse(ring)] as const];
    }),
  );
}

/** The calibrations of these subjects, in their order; empty ones where nothing was learned. */
export async function readCalibrations(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  subjects: readonly CalibrationSubject[],
): Promise<Calibration[]> {
  const keys = subjects.map((subject) => calibrationKey(tenant, subject));
  const pages = [];
  for (let from = 0; from < keys.length; from += tableLimits.opsPerWrite)
    pages.push(table.getMany(keys.slice(from, from + tableLimits.opsPerWrite)));
  return (await Promise.all(pages)).flat().map(toCalibration);
}

/** Writes whole calibrations; of two writers at once the last one wins, which costs a few samples. */
export async function writeCalibrations(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  learned: readonly { subject: CalibrationSubject; calibration: Calibration }[],
): Promise<void> {
  const items = learned.map(({ subject, calibration }): Item => {
    const rings = Array.from(calibration, ([bucket, ring]) => [fieldOf(bucket), ring] as const);
    return { ...calibrationKey(tenant, subject), ...Object.fromEntries(rings) };
  });
  if (items.length > 0) await table.putMany(items);
}
