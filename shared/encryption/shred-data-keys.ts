import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { DataKeyId, Period, Purpose } from '../port/keys/data-keys.ts';
import type { Deps } from '../port/deps.ts';
import type { WriteOp } from '../port/table.ts';
import { dataKeyKey, dataKeyPk, dataKeyPrefix, DataKeyRecord, isLiving } from './data-key-record.ts';
import { periodOf } from './period.ts';

/** Keys of one month: a busy tenant has a few. */
const pageSize = 100;
/** Clocks of a home differ by less: whoever still seals for the month that just ended is done by then. */
const graceMs = 60 * 60_000;

/** What was destroyed. */
export interface Shredding {
  tenant: TenantId;
  purpose: Purpose;
  period: Period;
  /** The data keys that are gone now, those of an earlier call included. */
  dataKeys: readonly DataKeyId[];
}

/** The write that destroys a data key and leaves its tombstone; it may stand in a transaction of the caller's. */
export function shredOp(record: DataKeyRecord, now: number): WriteOp {
  const remove = ['wrapped', 'wrappedBy'];
  return { kind: 'update', key: dataKeyKey(record, record.id), set: { shreddedAt: now }, remove, conditions: [{ kind: 'present' }] };
}

/**
 * Destroys the data keys of a tenant, purpose and past month: what they sealed is unreadable at once in this process and within five minutes in any other. Their
 * ids are never used again. Refuses a month that is not over with `mc:store:conflict`; may be repeated.
 */
export async function shredDataKeys(
  deps: Pick<Deps, 'table' | 'dataKeys' | 'clock'>,
  { tenant, purpose, period }: Omit<Shredding, 'dataKeys'>,
): Promise<Shredding> {
  const now = deps.clock.now();
  if (period >= periodOf(now - graceMs))
    throw new McError('mc:store:conflict', `the month ${period} is not over; its data keys are in use`);
  const dataKeys: DataKeyId[] = [];
  let cursor: string | undefined;
  do {
    const query = { pk: dataKeyPk(tenant), prefix: dataKeyPrefix(purpose, period), limit: pageSize };
    const page = await deps.table.query({ ...query, ...(cursor !== undefined && { cursor }) });
    const records = page.items.map((item) => DataKeyRecord.parse(item));
    const living = records.filter(isLiving);
    if (living.length > 0) await deps.table.write(living.map((record) => shredOp(record, now)));
    dataKeys.push(...records.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  deps.dataKeys.forget();
  return { tenant, purpose, period, dataKeys };
}
