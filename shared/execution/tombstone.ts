/**
 * What is left of a purged run, in the place of its head: so no write that takes the run for new or for its own can succeed, and whoever asks for it, by its id,
 * by an idempotency key or by a late message, is told what rule took it.
 */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema, type Id } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { isoTime } from '../port/clock.ts';
import type { Item, Table, WriteOp } from '../port/table.ts';
import { headKey } from './execution-record.ts';
import { PurgeMark } from './purge-mark.ts';

export const Tombstone = PurgeMark.extend({
  executionId: idSchema('exec'),
  /** Digest of the signed deletion manifest; null until the purge has ended. */
  manifest: Digest.nullable(),
});
export type Tombstone = z.infer<typeof Tombstone>;

const StoredTombstone = z.object({ tombstone: Tombstone });

const tombstoneList = (tenant: TenantId): string => `T#${tenant}#TOMBSTONES`;

/** The item that takes the place of the head. */
export function tombstoneItem(tenant: TenantId, tombstone: Tombstone): Item {
  const { executionId, at } = tombstone;
  return {
    ...headKey(tenant, executionId),
    tombstone,
    gsi1pk: tombstoneList(tenant),
    gsi1sk: `${isoTime(at)}#${executionId}`,
  };
}

/** The tombstone, when this is one. */
export function readTombstone(item: Item): Tombstone | undefined {
  return item['tombstone'] === undefined ? undefined : StoredTombstone.parse(item).tombstone;
}

/** Whether statements that were filed in this partition went with a purged run: its own partition says so, and that of the decision which let it start. */
export async function isPurgedPartition(table: Table, pk: string): Promise<boolean> {
  const head = await table.get({ pk, sk: 'EXEC' });
  return head !== undefined && readTombstone(head) !== undefined;
}

/** Lets a write happen only while the run is not purged: what is derived from a run must not outlive it. */
export function notPurgedOp(tenant: TenantId, id: Id<'exec'>): WriteOp {
  const conditions = [{ kind: 'present' }, { kind: 'unset', field: 'tombstone' }] as const;
  return { kind: 'check', key: headKey(tenant, id), conditions };
}
