import type { TenantId } from '../../core/tenant-id.ts';
import type { Table } from '../../port/table.ts';

/** The last piece of work of each tenant that is under way or waits; what has ended is forgotten. */
const lasts = new WeakMap<Table, Map<TenantId, Promise<unknown>>>();

/**
 * Does this work when all earlier work of the tenant on this table has ended, whatever came of it. Work that shares one thread ends no sooner side by side,
 * but all of it is then in memory at once; tenants do not wait for each other.
 */
export function inTurn<T>(table: Table, tenant: TenantId, work: () => Promise<T>): Promise<T> {
  const ofTable = lasts.get(table) ?? new Map<TenantId, Promise<unknown>>();
  lasts.set(table, ofTable);
  const earlier = ofTable.get(tenant);
  const mine = earlier === undefined ? work() : earlier.then(work);
  const ended = mine.then(
    () => forget(),
    () => forget(), // Its caller sees the failure.
  );
  const forget = (): void => {
    if (ofTable.get(tenant) === ended) ofTable.delete(tenant);
  };
  ofTable.set(tenant, ended);
  return mine;
}
