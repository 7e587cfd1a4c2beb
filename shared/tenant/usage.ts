/**
 * What a tenant uses now: its open runs, and the money of a day. Admission takes a slot and reserves the estimate in the transaction that makes
 * the run, the seal gives the slot back and turns the estimate into the measured cost in the transaction that ends it; so neither is
 * ever taken twice, given back twice, or lost by a crash.
 */
import { z } from 'zod';
import { UsdMicros } from '../core/money.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Key, WriteOp } from '../port/table.ts';
import { budgetDay } from './budget-day.ts';
import type { Tenant } from './tenant.ts';

const RunsItem = z.object({ inUse: z.int() });
const DayItem = z.object({ committedUsdMicros: z.int(), reservedUsdMicros: z.int(), measuredUsdMicros: z.int() });

/** Open runs and money of one day. `committed` is what counts against the budget: reserved plus measured. */
export const Usage = z.strictObject({
  inUse: z.int().nonnegative(),
  day: z.string(),
  reservedUsdMicros: UsdMicros,
  measuredUsdMicros: UsdMicros,
  /** Whether the day has an item that a reservation can hold its condition against. */
  isDayOpen: z.boolean(),
});
export type Usage = z.infer<typeof Usage>;

const runsKey = (tenant: TenantId): Key => ({ pk: `T#${tenant}#USAGE`, sk: 'RUNS' });
const dayKey = (tenant: TenantId, day: string): Key => ({ pk: `T#${tenant}#USAGE`, sk: `DAY#${day}` });

/** What a new tenant starts with; part of the write that creates it. */
export function newUsageOp(tenant: TenantId): WriteOp {
  return { kind: 'put', item: { ...runsKey(tenant), inUse: 0 }, conditions: [{ kind: 'absent' }] };
}

/** The usage of the tenant now; a day of which nothing is known has cost nothing. */
export async function readUsage({ table, clock }: Pick<Deps, 'table' | 'clock'>, { id, timeZone }: Tenant): Promise<Usage> {
  const day = budgetDay(clock.now(), timeZone);
  const [runs, money] = await table.getMany([runsKey(id), dayKey(id, day)]);
  const { inUse } = RunsItem.parse(runs);
  const { reservedUsdMicros, measuredUsdMicros } = money ? DayItem.parse(money) : { reservedUsdMicros: 0, measuredUsdMicros: 0 };
  return { inUse, day, reservedUsdMicros, measuredUsdMicros, isDayOpen: money !== undefined };
}

/** Makes the item of a day that has none yet, so that a reservation has something to hold its condition against. */
export async function openBudgetDay({ table }: Pick<Deps, 'table'>, tenant: TenantId, day: string): Promise<void> {
  const item = { ...dayKey(tenant, day), committedUsdMicros: 0, reservedUsdMicros: 0, measuredUsdMicros: 0 };
  await table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }]);
}

/** A run's share of its tenant's usage beside its slot: its estimate on the day it was admitted. */
export interface UsageClaim {
  day: string;
  estimatedUsdMicros: UsdMicros;
}

/**
 * What a day may come to: the budget, or as much of it as the tenant's own data for the budget pack leaves. The pack denies beyond that too, but of starts that are judged side by side
 * each sees the money without the others.
 */
function dayLimit({ dailyMaxUsdMicros, data }: Tenant): UsdMicros {
  const percent = data['budget']?.['deny_percent'];
  // With anything else that may stand there the pack denies everything.
  const isShare = typeof percent === 'number' && percent >= 1 && percent <= 100;
  return isShare ? Math.floor((dailyMaxUsdMicros * percent) / 100) : dailyMaxUsdMicros;
}

/** Takes so many slots and reserves the estimate of their runs; fails on a condition when either would go beyond its cap. */
export function takeUsageOps(tenant: Tenant, { day, estimatedUsdMicros }: UsageClaim, slots = 1): WriteOp[] {
  const { id, quota } = tenant;
  return [
    {
      kind: 'update',
      key: runsKey(id),
      add: { inUse: slots },
      conditions: [{ kind: 'compare', field: 'inUse', op: '<=', value: quota.maxConcurrent - slots }],
    },
    {
      kind: 'update',
      key: dayKey(id, day),
      add: { committedUsdMicros: estimatedUsdMicros, reservedUsdMicros: estimatedUsdMicros },
      conditions: [{ kind: 'compare', field: 'committedUsdMicros', op: '<=', value: dayLimit(tenant) - estimatedUsdMicros }],
    },
  ];
}

/** Gives the slot back and replaces the estimate by what the run cost; callers make sure that it happens once. */
export function releaseUsageOps(tenant: TenantId, { day, estimatedUsdMicros }: UsageClaim, measuredUsdMicros: UsdMicros): WriteOp[] {
  return [
    { kind: 'update', key: runsKey(tenant), add: { inUse: -1 } },
    {
      kind: 'update',
      key: dayKey(tenant, day),
      add: {
        committedUsdMicros: measuredUsdMicros - estimatedUsdMicros,
        reservedUsdMicros: -estimatedUsdMicros,
        measuredUsdMicros,
      },
    },
  ];
}
