/** What a tenant may use and uses, in words and as a bar: the open runs of its quota and the money of the day. */
import type { Decision } from '../../shared/decision/decision.ts';
import type { TenantDetails } from '../../shared/tenant-admin/tenant-view.ts';
import type { Identity } from '../../shared/tenant/describe-caller.ts';
import { paint } from './paint.ts';
import { table } from './table.ts';
import { dollars, percent } from './units.ts';

/** Quota and budget at one moment. */
export interface Allowance {
  openRuns: number;
  maxOpenRuns: number;
  spentUSD: number;
  reservedUSD: number;
  dailyMaxUSD: number;
  day: string;
  timeZone: string;
  /** Estimated cost of a run that is not counted in the rest; absent where there is none. */
  thisRunUSD?: number;
}

/** What a decision was made on; the run it judged is not yet counted in it. */
export function allowanceOfDecision({ input }: Decision): Allowance {
  const { quota, budget } = input.tenant;
  const { spentUSD, reservedUSD, dailyMaxUSD, day, timeZone } = budget;
  const thisRunUSD = input.plan.estimatedCostUSD;
  return { openRuns: quota.inUse, maxOpenRuns: quota.maxConcurrent, spentUSD, reservedUSD, dailyMaxUSD, day, timeZone, thisRunUSD };
}

/** What stands now. */
export function allowanceOfCaller({ quotas, budget, reservedUSD, day, timeZone }: Identity): Allowance {
  return { openRuns: quotas.inUse, maxOpenRuns: quotas.maxConcurrent, ...budget, reservedUSD, day, timeZone };
}

/** What a tenant has left now. */
export function allowanceOfTenant({ quota, budget, timeZone }: TenantDetails): Allowance {
  return { openRuns: quota.inUse, maxOpenRuns: quota.maxConcurrent, ...budget, timeZone };
}

/** Two lines, quota and budget, each with its share of the whole. */
export function renderAllowance(allowance: Allowance): string[] {
  const { openRuns, maxOpenRuns, spentUSD, reservedUSD, dailyMaxUSD, day, timeZone, thisRunUSD } = allowance;
  const run = thisRunUSD === undefined ? '' : ` + ${dollars(thisRunUSD)} this run`;
  const committedUSD = spentUSD + reservedUSD + (thisRunUSD ?? 0);
  const wanted = openRuns + (thisRunUSD === undefined ? 0 : 1);
  const runs = `${String(wanted)} of ${String(maxOpenRuns)} runs open${thisRunUSD === undefined ? '' : ' with this one'}`;
  const money = `${dollars(spentUSD)} spent + ${dollars(reservedUSD)} reserved${run} = ${dollars(committedUSD)} of ${dollars(dailyMaxUSD)}`;
  const rows = [
    ['quota', ...gauge(wanted, maxOpenRuns), runs],
    ['budget', ...gauge(committedUSD, dailyMaxUSD), `${money} on ${day} (${timeZone})`],
  ];
  const columns = [{ title: 'quota' }, { title: '' }, { title: '', align: 'right' as const }, { title: '' }];
  // The table serves for its alignment only.
  return table(columns, rows).split('\n').slice(1);
}

const barCells = 12;
/** The share from which the budget pack warns, too. */
const warnFrom = 0.8;

/** A bar and the share in percent; yellow when little is left, red when it is too much. */
function gauge(used: number, whole: number): [bar: string, share: string] {
  const share = whole === 0 ? (used === 0 ? 0 : Number.POSITIVE_INFINITY) : used / whole;
  const filled = Math.min(Math.round(share * barCells), barCells);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barCells - filled)}`;
  const colour = share > 1 ? 'red' : share >= warnFrom ? 'yellow' : 'green';
  return [paint(colour, bar), percent(share)];
}
