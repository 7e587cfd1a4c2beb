/** Which runs are due: pure decisions, and the walk over a tenant's runs from the oldest that still has something to lose. */
import { z } from 'zod';
import type { TenantId } from '../../core/tenant-id.ts';
import { ExecutionRecord, headKey } from '../../execution/execution-record.ts';
import { readTombstone } from '../../execution/tombstone.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import { dayMs, RunOutcome, type Retention, type RunKind } from '../../tenant/retention.ts';
import { readMark, writeMark } from './mark.ts';

/** How long something of a run is kept, and the name of the rule. */
export interface Keeping {
  until: number;
  rule: string;
}

/** Until when this kind is kept of a run; undefined for a run that is not over, which is kept for as long as that lasts. */
export function decideKeeping(retention: Retention, kind: RunKind, head: ExecutionRecord): Keeping | undefined {
  const outcome = RunOutcome.safeParse(head.state);
  if (!outcome.success || head.endedAt === null || head.gsi2pk !== undefined) return undefined;
  const days = retention[kind][outcome.data];
  return { until: head.endedAt + days * dayMs, rule: `${kind} of ${outcome.data} runs after ${days} days` };
}

/** Whether this kind was purged of the run before. */
export function isPurged(kind: RunKind, { logsPurge, dataPurge }: ExecutionRecord): boolean {
  if (kind === 'receipts') return false;
  return (kind === 'logs' ? logsPurge : dataPurge) !== undefined;
}

const StoredHead = z.object({ gsi1sk: z.string() });

/** A run that is due, and since when. */
export interface DueRun {
  head: ExecutionRecord;
  keeping: Keeping;
}

/** Runs read at once. */
const perPage = 200;

/** Every run of the tenant of which this kind is due, by age of the run. Ends with remembering the oldest that has still something to lose: there the next walk begins. */
export async function* dueRuns(
  { table, clock }: Pick<Deps, 'table' | 'clock'>,
  tenant: TenantId,
  kind: RunKind,
  retention: Retention,
): AsyncGenerator<DueRun> {
  const now = clock.now();
  const from = (await readMark({ table, clock }, tenant, kind)) ?? '0';
  // No run that began later can be due.
  const to = isoTime(now - Math.min(...Object.values(retention[kind])) * dayMs);
  let first: string | undefined;
  let cursor: string | undefined;
  if (from <= to)
    do {
      const page = await table.query({ index: 'gsi1', pk: `T#${tenant}#X`, from, to, limit: perPage, ...(cursor && { cursor }) });
      for (const item of page.items) {
        const { gsi1sk } = StoredHead.parse(item);
        const head = ExecutionRecord.parse(item);
        if (isPurged(kind, head)) continue;
        first ??= gsi1sk;
        const keeping = decideKeeping(retention, kind, head);
        // An index may lag behind a purge.
        if (keeping && keeping.until <= now && (await isStillThere(table, kind, head))) yield { head, keeping };
      }
      cursor = page.cursor;
    } while (cursor);
  // Nothing is left of what began until then.
  const next = first ?? (to > from ? to : from);
  if (next !== from) await writeMark({ table }, tenant, kind, next);
}

async function isStillThere(table: Deps['table'], kind: RunKind, { tenant, id }: ExecutionRecord): Promise<boolean> {
  const item = await table.get(headKey(tenant, id));
  return item !== undefined && readTombstone(item) === undefined && !isPurged(kind, ExecutionRecord.parse(item));
}

/** A time before which no run began that still has this kind, as the last whole walk found it; undefined before the first walk. */
export async function oldestUnpurged(deps: Pick<Deps, 'table' | 'clock'>, tenant: TenantId, kind: RunKind): Promise<string | undefined> {
  return (await readMark(deps, tenant, kind))?.split('#')[0];
}

/** Where the first run of then to then lies that still has this kind, whatever the marks say; undefined when there is none. */
export async function findPassedOver(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  kind: RunKind,
  { from, to }: { from: string; to: string },
): Promise<string | undefined> {
  let cursor: string | undefined;
  do {
    const page = await table.query({ index: 'gsi1', pk: `T#${tenant}#X`, from, to, limit: perPage, ...(cursor && { cursor }) });
    for (const item of page.items) {
      const head = ExecutionRecord.parse(item);
      if (!isPurged(kind, head) && (await isStillThere(table, kind, head))) return StoredHead.parse(item).gsi1sk;
    }
    cursor = page.cursor;
  } while (cursor);
  return undefined;
}
