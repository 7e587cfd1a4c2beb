/** How data keys lie in the table: one row a key, wrapped, in the partition of their tenant and in one list for whoever wraps them anew. */
import { z } from 'zod';
import { TenantId } from '../core/tenant-id.ts';
import { DataKeyId, Period, Purpose, type DataKeyScope } from '../port/keys/data-keys.ts';
import type { Item, Key } from '../port/table.ts';
import type { EncryptionContext } from '../port/keys/wrapping-key.ts';

/** The index partition of all data keys of the home; it holds wrapped keys, nothing that a tenant stored. */
export const dataKeyList = 'SYS#DATAKEYS';

/** Wide enough for every number that an id may have, so that rows sort by it. */
const numberDigits = 6;

const Living = z.object({
  tenant: TenantId,
  purpose: Purpose,
  id: DataKeyId,
  createdAt: z.int().nonnegative(),
  /** Messages that processes took leave to seal with it; never fewer than were sealed. */
  reserved: z.int().nonnegative(),
  wrappedBy: z.string(),
  wrapped: z.base64(),
});
/** What is left of a key that was destroyed: its id is never used again, so nothing sealed later is taken for something sealed before. */
const Shredded = Living.omit({ wrappedBy: true, wrapped: true }).extend({ shreddedAt: z.int().nonnegative() });

/** A row of the table: a wrapped key, or the tombstone of one. */
export const DataKeyRecord = z.union([Shredded, Living]);
export type DataKeyRecord = z.infer<typeof DataKeyRecord>;
export type LivingDataKey = z.infer<typeof Living>;

/** Whether there is a key in the row. */
export function isLiving(record: DataKeyRecord): record is LivingDataKey {
  return 'wrapped' in record;
}

/** The partition of a tenant's data keys. */
export function dataKeyPk(tenant: TenantId): string {
  return `T#${tenant}#DATAKEY`;
}

/** Begins the sort key of every key of this month and purpose. */
export function dataKeyPrefix(purpose: Purpose, period: Period): string {
  return `${purpose}#${period}#`;
}

/** Where the row of a data key lies. */
export function dataKeyKey({ tenant, purpose }: DataKeyScope, id: DataKeyId): Key {
  const [period = '', number = ''] = id.split('.');
  return { pk: dataKeyPk(tenant), sk: `${dataKeyPrefix(purpose, Period.parse(period))}${number.padStart(numberDigits, '0')}` };
}

/** The row of a key that is new. */
export function dataKeyItem(record: LivingDataKey): Item {
  const key = dataKeyKey(record, record.id);
  return { ...key, ...record, gsi1pk: dataKeyList, gsi1sk: `${record.tenant}#${key.sk}` };
}

/** What a wrapped key is bound to: it opens for its own tenant, purpose, month and number only. */
export function wrappingContext({ tenant, purpose }: DataKeyScope, id: DataKeyId): EncryptionContext {
  return { application: 'maestro-conductor', tenant, purpose, dataKey: id };
}
