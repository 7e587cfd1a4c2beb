/**
 * Crypto-shredding. A backup, a replica or a locked bucket may still hold logs that were erased here; without the data key of their month they are noise. A key goes
 * when every run that could have used it has lost its logs. Only logs: all else that is sealed holds things that nobody purges, such as releases and manifests.
 */
import type { TenantId } from '../../core/tenant-id.ts';
import { dataKeyPk, DataKeyRecord, isLiving, type LivingDataKey } from '../../encryption/data-key-record.ts';
import { endOfPeriod, periodOf } from '../../encryption/period.ts';
import { shredOp } from '../../encryption/shred-op.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import { getTenant } from '../../tenant/tenant-store.ts';
import { carryOut, type PurgeDeps } from './carry-out.ts';
import { findPassedOver, oldestUnpurged } from './due.ts';
import { writeMark } from './mark.ts';
import { takeAtOnce } from './take-at-once.ts';

/** A month has one key, or a few of a very busy tenant. */
const keysPerPurge = 50;
const keysPerPage = 200;

/** A clock of another process may still be in the month that is over here. */
const graceMs = 3_600_000;

/** Shreds the data keys of logs of every month in which nothing is left to be read; the manifest of the purge names them. */
export async function shredLogKeys(deps: PurgeDeps & Pick<Deps, 'dataKeys'>, id: TenantId): Promise<void> {
  const from = await oldestUnpurged(deps, id, 'logs');
  if (from === undefined) return;
  const over = await oldestKeys(deps, id, (key) => isOver(key, from));
  if (over.length === 0 || (await goBack(deps, id, over))) return;
  const purge = await takeAtOnce(deps, await getTenant(deps, id), {
    kind: 'keys',
    reason: 'data keys of logs that are all purged',
    entries: over.map((key) => ({ purpose: 'log' as const, dataKey: key.id })),
    ops: () => over.map((key) => shredOp(key, deps.clock.now())),
  });
  if (!purge) return;
  deps.dataKeys.forget();
  await carryOut(deps, id, purge);
}

/** The first living keys of logs of which this is true. What is left of shredded ones lies before them, more of it every month. */
async function oldestKeys(
  { table }: Pick<Deps, 'table'>,
  id: TenantId,
  isWanted: (key: LivingDataKey) => boolean,
): Promise<LivingDataKey[]> {
  const found: LivingDataKey[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.query({ pk: dataKeyPk(id), prefix: 'log#', limit: keysPerPage, ...(cursor !== undefined && { cursor }) });
    const living = page.items.map((item) => DataKeyRecord.parse(item)).filter(isLiving);
    found.push(...living.filter(isWanted));
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < keysPerPurge);
  return found.slice(0, keysPerPurge);
}

/**
 * Whether a run of the months of these keys still has its logs. It began while the clock was behind, so that the walk over runs passed over it: the next one begins there, and until it is
 * purged no key of its month goes.
 */
async function goBack(deps: Pick<Deps, 'table'>, id: TenantId, keys: readonly LivingDataKey[]): Promise<boolean> {
  const ends = new Map(keys.map(({ createdAt }) => [periodOf(createdAt), endOfPeriod(createdAt)]));
  for (const [from, end] of ends) {
    const run = await findPassedOver(deps, id, 'logs', { from, to: isoTime(end + graceMs) });
    if (run === undefined) continue;
    await writeMark(deps, id, 'logs', run);
    return true;
  }
  return false;
}

/** Whoever sealed with a key of a month had begun before that month ended. */
function isOver({ createdAt }: LivingDataKey, oldestRun: string): boolean {
  return isoTime(endOfPeriod(createdAt) + graceMs) < oldestRun;
}
