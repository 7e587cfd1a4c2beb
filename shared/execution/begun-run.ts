/**
 * Runs that are too large for one transaction. Their tasks are written before the head, and steps that are reused bring outputs with them; when no head follows, they belong to no run that any purge could
 * find. So a row of the tenant announces the run first and goes in the very write that makes the head. Whoever erases what nothing followed marks that row first, and from then on there can be no head.
 */
import { z } from 'zod';
import { idSchema, type Id } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import { tableLimits, type Key, type WriteOp } from '../port/table.ts';
import { executionPk } from './execution-record.ts';

/** No request takes longer than this, so of such an age nobody writes a head any more. */
const beginningMs = 24 * 3_600_000;

const BegunRun = z.object({ sk: idSchema('exec'), at: z.int().nonnegative() });

const begunPk = (tenant: TenantId): string => `T#${tenant}#BEGUN`;
const begunKey = (tenant: TenantId, id: Id<'exec'>): Key => ({ pk: begunPk(tenant), sk: id });

/** Says that the tasks of this run are about to be written; durable when it resolves. */
export async function announceRun({ table, clock }: Pick<Deps, 'table' | 'clock'>, tenant: TenantId, id: Id<'exec'>): Promise<void> {
  await table.write([{ kind: 'put', item: { ...begunKey(tenant, id), at: clock.now() } }]);
}

/** Belongs to the write that makes the head: from here on the run is found by it. */
export function followedOp(tenant: TenantId, id: Id<'exec'>): WriteOp {
  const conditions = [{ kind: 'present' }, { kind: 'unset', field: 'isGivenUp' }] as const;
  return { kind: 'delete', key: begunKey(tenant, id), conditions };
}

/** Erases the tasks of an announced run that has no head, and never gets one; does nothing when it has one. Every step can be repeated. */
export async function giveUpRun({ table }: Pick<Deps, 'table'>, tenant: TenantId, id: Id<'exec'>): Promise<void> {
  const key = begunKey(tenant, id);
  if (!(await table.write([{ kind: 'update', key, set: { isGivenUp: true }, conditions: [{ kind: 'present' }] }])).ok) return;
  const pk = executionPk(tenant, id);
  for (;;) {
    const { items } = await table.query({ pk, limit: tableLimits.opsPerWrite });
    if (items.length === 0) break;
    await table.write(items.map(({ sk }): WriteOp => ({ kind: 'delete', key: { pk, sk } })));
  }
  await table.write([{ kind: 'delete', key }]);
}

/** Gives up the runs that were announced a day ago or earlier: what announced them died. False when `mayGoOn` said no before the end. */
export async function giveUpBegunRuns(
  deps: Pick<Deps, 'table' | 'clock'>,
  tenant: TenantId,
  mayGoOn: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const before = deps.clock.now() - beginningMs;
  let cursor: string | undefined;
  do {
    const page = await deps.table.query({ pk: begunPk(tenant), limit: 100, ...(cursor && { cursor }) });
    for (const { sk: id, at } of page.items.map((item) => BegunRun.parse(item))) {
      if (at > before) continue;
      if (!(await mayGoOn())) return false;
      await giveUpRun(deps, tenant, id);
    }
    cursor = page.cursor;
  } while (cursor);
  return true;
}
