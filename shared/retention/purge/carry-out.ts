/**
 * A purge from its record to its end. The record names the runs and is durable first; each run is then listed, taken in one write (claim-run.ts), and erased;
 * at last the manifest is signed. Whoever finds an open purge carries it on from where it is, and nothing is done twice.
 */
import { assertInvariant, hasCode } from '../../core/errors.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { executionPk, TaskRecord, type ExecutionRecord } from '../../execution/execution-record.ts';
import { findExecution } from '../../execution/execution-store.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import type { RunKind } from '../../tenant/retention.ts';
import { claimRun, type Claim } from './claim-run.ts';
import { eraseRun } from './erase-run.ts';
import { finishPurge, isTaken } from './finish-purge.ts';
import { inventoryOf } from './inventory.ts';
import {
  chunkItem,
  findProgress,
  itemsPerChunk,
  progressOp,
  purgeItem,
  type Purge,
  type PurgedRun,
  type PurgeItem,
} from './purge-record.ts';

export type PurgeDeps = Pick<Deps, 'table' | 'blobs' | 'clock' | 'ids' | 'config' | 'signer' | 'logger' | 'metrics' | 'faults'>;

/** Asked before each run; may wait for other work to go first, and answers false to stop there. */
export type MayGoOn = () => boolean | Promise<boolean>;

/** What a purge is begun with. */
export interface NewPurge {
  kind: RunKind;
  runs: readonly PurgedRun[];
  reason: string;
  startedBy: string;
  again?: Purge['id'];
}

/** Begins a purge: from here on it is carried to its end, whatever dies. */
export async function beginPurge(deps: PurgeDeps, tenant: TenantId, { kind, runs, reason, startedBy, again }: NewPurge): Promise<Purge> {
  const purge: Purge = {
    id: deps.ids.next('purge'),
    kind,
    state: 'open',
    reason,
    startedAt: isoTime(deps.clock.now()),
    startedBy,
    endedAt: null,
    runs: [...runs],
    again: again ?? null,
    counts: null,
    manifest: null,
  };
  const { ok } = await deps.table.write([{ kind: 'put', item: purgeItem(tenant, purge), conditions: [{ kind: 'absent' }] }]);
  assertInvariant(ok, `there is a purge ${purge.id} already`);
  await deps.faults.hit('purge:after-plan');
  return purge;
}

/** Carries the purge to its end and answers it; undefined when `mayGoOn` said no before that. */
export async function carryOut(deps: PurgeDeps, tenant: TenantId, purge: Purge, mayGoOn: MayGoOn = () => true): Promise<Purge | undefined> {
  const { kind } = purge;
  if (!isTaken(kind) && purge.state === 'open')
    for (const run of purge.runs) {
      if (!(await mayGoOn())) return undefined;
      await purgeRun(deps, { tenant, purge: { ...purge, kind }, run });
    }
  return finishPurge(deps, tenant, purge);
}

async function purgeRun(deps: PurgeDeps, claim: Claim): Promise<void> {
  const { tenant, purge, run } = claim;
  const before = await findProgress(deps, tenant, purge.id, run.id);
  const progress = before ?? (await takeRun(deps, claim));
  if (progress?.state !== 'claimed') return;
  await eraseRun(deps, claim, progress);
  await deps.faults.hit('purge:after-erase');
}

async function takeRun(deps: PurgeDeps, claim: Claim): ReturnType<typeof findProgress> {
  const { tenant, purge, run } = claim;
  const head = await findUnpurged(deps, claim);
  if (!head) {
    await deps.table.write([progressOp(tenant, purge.id, { id: run.id, state: 'skipped', holds: [], rows: 0 })]);
    return undefined;
  }
  await writeInventory(deps, claim, head);
  await deps.faults.hit('purge:after-inventory');
  const progress = await claimRun(deps, claim, head);
  await deps.faults.hit('purge:after-claim');
  return progress;
}

async function findUnpurged(deps: PurgeDeps, { tenant, run }: Claim): Promise<ExecutionRecord | undefined> {
  try {
    return await findExecution(deps, tenant, run.id);
  } catch (error) {
    if (hasCode(error, 'mc:execution:purged')) return undefined;
    throw error;
  }
}

/** Durable before the run is taken: afterwards nobody could tell any more what it had. */
async function writeInventory(deps: PurgeDeps, { tenant, purge, run }: Claim, head: ExecutionRecord): Promise<void> {
  let items: PurgeItem[] = [];
  let count = 0;
  const flush = async (): Promise<void> => {
    if (items.length === 0) return;
    await deps.table.putMany([chunkItem(tenant, purge.id, `${run.id}#${String(count).padStart(5, '0')}`, items)]);
    items = [];
    count += 1;
  };
  const seen = new Set<string>();
  for await (const item of inventoryOf(deps, purge.kind, head, tasksOf(deps, head))) {
    // What several tasks gave is one object.
    if (seen.has(`${item.kind}/${item.digest}`)) continue;
    seen.add(`${item.kind}/${item.digest}`);
    items.push(item);
    if (items.length === itemsPerChunk) await flush();
  }
  await flush();
}

async function* tasksOf({ table }: PurgeDeps, { tenant, id }: ExecutionRecord): AsyncGenerator<TaskRecord> {
  let cursor: string | undefined;
  do {
    const page = await table.query({ pk: executionPk(tenant, id), prefix: 'TASK#', limit: 50, ...(cursor && { cursor }) });
    for (const item of page.items) yield TaskRecord.parse(item);
    cursor = page.cursor;
  } while (cursor);
}
