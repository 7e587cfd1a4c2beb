/**
 * Whether retention may go by the clock of the home. Days are counted by that clock, and what a purge takes cannot be brought back: while the clock is years ahead, everything would be due.
 * So the home remembers the time of its last round, and purges nothing while its clock stands further from there than a home is off for. Until somebody says that the clock is right, nothing is taken.
 */
import { z } from 'zod';
import { auditOp } from '../audit/audit-event.ts';
import { McError } from '../core/errors.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Condition, Item, WriteOp } from '../port/table.ts';
import { requireRunsHome } from '../tenant-admin/tenant-access.ts';
import type { Actor } from '../tenant/actor.ts';
import { dayMs } from '../tenant/retention.ts';

type ClockDeps = Pick<Deps, 'table' | 'clock'>;

/** Rounds are at most a day apart, and a home that was off over some holidays goes on by itself; a clock that is wrong by no more takes nothing more than this too early. */
const daysApart = 7;

/** A round that comes sooner after the last one that was noted is not noted itself. */
const noteEveryMs = 3_600_000;

/** One clock, one row: it is the home's, and no tenant's. */
const clockKey = { pk: 'SYS#RETENTION', sk: 'CLOCK' };
const LastRound = z.object({ at: z.int() });

/** What is known of the clock. */
export interface HomeClock {
  now: number;
  /** When the last round was that went by the clock; undefined before the first. */
  lastRoundAt: number | undefined;
  /** Whether the next one may. */
  isSteady: boolean;
}

/** The clock, beside where it stood at the last round. */
export async function lookAtClock({ table, clock }: ClockDeps): Promise<HomeClock> {
  const item = await table.get(clockKey);
  return judge(clock.now(), item && LastRound.parse(item).at);
}

function judge(now: number, lastRoundAt: number | undefined): HomeClock {
  // Back as well as ahead: once a clock that was far behind is right again, it is not to be taken for one that went ahead.
  return { now, lastRoundAt, isSteady: lastRoundAt === undefined || Math.abs(now - lastRoundAt) <= daysApart * dayMs };
}

/** The time that purges go by. Throws `mc:retention:clock-moved` when the clock stands too far from the last round. */
export async function steadyNow(deps: ClockDeps): Promise<number> {
  const { now, lastRoundAt, isSteady } = await lookAtClock(deps);
  if (isSteady) return now;
  const [clock, last] = [isoTime(now), isoTime(lastRoundAt ?? now)];
  throw new McError('mc:retention:clock-moved', `The clock says ${clock}, and the last round was at ${last}: nothing is purged by it.`);
}

/** Begins a round: remembers when it was. Throws `mc:retention:clock-moved`. */
export async function noteRound(deps: ClockDeps): Promise<void> {
  const now = await steadyNow(deps);
  const item = await deps.table.get(clockKey);
  if (item && Math.abs(now - LastRound.parse(item).at) < noteEveryMs) return;
  // Lost to another round that began just now, or to somebody's word: what they noted counts as well.
  await deps.table.write([noteOp(now, item)]);
}

function noteOp(now: number, before: Item | undefined): WriteOp {
  const asRead: Condition = before ? { kind: 'compare', field: 'at', op: '=', value: LastRound.parse(before).at } : { kind: 'absent' };
  return { kind: 'put', item: { ...clockKey, at: now }, conditions: [asRead] };
}

/** The word of somebody who runs the home that its clock is right, from which rounds go on; it stands in the audit events. Throws `mc:auth:forbidden`. */
export async function trustClock(deps: ClockDeps & Pick<Deps, 'ids' | 'config'>, actor: Actor, reason: string): Promise<void> {
  requireRunsHome(deps, actor, 'say that its clock is right');
  const { now, lastRoundAt } = await lookAtClock(deps);
  const details = { clock: isoTime(now), lastRoundAt: lastRoundAt === undefined ? null : isoTime(lastRoundAt) };
  const audit = auditOp(deps, actor.tenant, actor, { type: 'mc.retention.trust', subject: 'clock', reason, details });
  await deps.table.write([{ kind: 'put', item: { ...clockKey, at: now } }, audit]);
}
