/**
 * What is left of a purged run, in the place of its head: so no write that takes the run for new or for its own can succeed, and whoever asks for it, by its id,
 * by an idempotency key or by a late message, is told what rule took it.
 */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema, type Id } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { isoTime } from '../port/clock.ts';
import type { Item, WriteOp } from '../port/table.ts';
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

/** What is left of a decision that belonged to no run and was signed: the log speaks of its receipt for ever. */
export function decisionTombstoneItem(pk: string, purgedDecision: PurgeMark): Item {
  return { pk, sk: 'EXEC', purgedDecision };
}

const StoredDecisionTombstone = z.object({ purgedDecision: PurgeMark });

/** What the tombstone of a decision says, when this is one. */
export function readDecisionTombstone(item: Item): PurgeMark | undefined {
  return StoredDecisionTombstone.safeParse(item).data?.purgedDecision;
}

/** Lets a write happen only while the run is not purged: what is derived from a run must not outlive it. */
export function notPurgedOp(tenant: TenantId, id: Id<'exec'>): WriteOp {
  const conditions = [{ kind: 'present' }, { kind: 'unset', field: 'tombstone' }] as const;
  return { kind: 'check', key: headKey(tenant, id), conditions };
}
