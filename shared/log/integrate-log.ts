/**
 * The sequencer. A batch of waiting entries gets its indexes in one conditional write, which also holds the new edge, the full tiles and the batch itself; the
 * signature, the index of each entry and the removal of what waited follow, and can all be repeated. So a crash anywhere loses and doubles nothing, two
 * sequencers cannot both win, and no checkpoint is ever signed over a tree that another one replaces.
 */
import { leafHash } from '../core/merkle-hash.ts';
import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import { metricNames } from '../port/metrics.ts';
import { tableLimits, type Item, type WriteOp } from '../port/table.ts';
import { canAppendTo } from './check-growth.ts';
import { fileBatch } from './file-batch.ts';
import { logIdentity } from './log-identity.ts';
import * as store from './log-store.ts';
import { tilePath } from './tile-path.ts';
import { appendEntries, rootOf } from './tree-edge.ts';

export type IntegrateDeps = Pick<Deps, 'table' | 'blobs' | 'logKey' | 'clock' | 'faults' | 'metrics'>;

/** Entries a batch and partition: 1,024 in all, whose names fit one item and whose tiles one write. */
export const mostPerShard = 64;

/** A caller who wants its own entry integrated does not work off an endless queue of others. */
const mostBatches = 32;

/**
 * Appends what waits; answers how many entries that were, also 0 when another sequencer was faster. Throws `mc:log:damaged` rather than sign a tree that is not the one
 * which was signed last, grown.
 */
export async function integrateLog(deps: IntegrateDeps): Promise<number> {
  let added = 0;
  for (let batch = 0; batch < mostBatches; batch += 1) {
    const { count, isMoreWaiting } = await integrateBatch(deps);
    added += count;
    if (count === 0 || !isMoreWaiting) break;
  }
  return added;
}

/** What one batch came to. */
export interface IntegratedBatch {
  /** Entries that were appended; none when another sequencer was faster, or when what was found is no entry and stays where it is. */
  count: number;
  /**
   * Whether it left entries that already waited when it began. What came meanwhile is the business of the next round: a batch costs about the same for one entry as for a
   * hundred, and under a steady load there is always one more.
   */
  isMoreWaiting: boolean;
}

/** As `integrateLog`, for one batch of at most this many entries (1 to 64) of each of the sixteen partitions. */
export async function integrateBatch(deps: IntegrateDeps, perShard: number = mostPerShard): Promise<IntegratedBatch> {
  const head = await store.readHead(deps);
  if (head && !head.isFiled) {
    await fileBatch(deps, head);
    // What was begun is finished; whatever waits besides is the business of the next round.
    return integrateBatch(deps, perShard);
  }
  const startedAt = deps.clock.elapsedMs();
  const { entries, isMoreWaiting } = await readPending(deps, perShard);
  if (entries.length === 0) return { count: 0, isMoreWaiting };
  if (!head) await refuseRetiredKey(deps);
  const next = await commit(deps, head, entries);
  if (next === undefined) return { count: 0, isMoreWaiting: false };
  await deps.faults.hit('log:after-commit');
  await fileBatch(deps, next, new Map(entries.map((entry) => [entry.sk, entry])));
  deps.metrics.record(metricNames.logEntries, next.size);
  deps.metrics.record(metricNames.logIntegrationMs, deps.clock.elapsedMs() - startedAt);
  return { count: entries.length, isMoreWaiting };
}

/** A log without entries whose key already signed one is that log from its beginning again, with other entries: a fork. */
async function refuseRetiredKey({ table, logKey }: IntegrateDeps): Promise<void> {
  const { origin } = logIdentity(await logKey.publicKey());
  if (await table.get(store.retiredKey(origin)))
    throw new McError('mc:log:damaged', `the log ${origin} has ended; the home needs the key of its next log before it can go on`);
}

async function readPending({ table }: IntegrateDeps, perShard: number): Promise<{ entries: store.PendingEntry[]; isMoreWaiting: boolean }> {
  const pages = await Promise.all(store.pendingShards.map((shard) => table.query({ pk: store.pendingPk(shard), limit: perShard })));
  return {
    entries: pages.flatMap(({ items }) => items.flatMap((item) => readEntry(item) ?? [])),
    isMoreWaiting: pages.some(({ cursor }) => cursor !== undefined),
  };
}

/** The entry, if it is the one that this item was named after: any other was not put there by the engine, stays where it is, and is found by the monitor. */
function readEntry(item: Item): store.PendingEntry | undefined {
  const { data } = store.PendingEntry.safeParse(item);
  const isOwn = data !== undefined && item.pk === store.pendingKey(data.sk).pk && leafHash(data.entry).toString('hex') === data.sk;
  return isOwn ? data : undefined;
}

/** Gives the entries their indexes; undefined when somebody else appended meanwhile. Blobs that were stored for nothing then are never referred to. */
async function commit(
  deps: IntegrateDeps,
  head: store.LogHead | undefined,
  pending: readonly store.PendingEntry[],
): Promise<store.LogHead | undefined> {
  const before = store.edgeOf(await deps.table.get(store.edgeKey));
  if (!(await canAppendTo(deps, head, before))) return undefined;
  const { edge, full } = appendEntries(
    before,
    pending.map(({ entry }) => entry),
  );
  const tiles = await Promise.all(
    full.map(async ({ tile, bytes }): Promise<WriteOp> => {
      const digest = await deps.blobs.put(store.logTenant, 'receipt', bytes);
      return { kind: 'put', item: { ...store.tileKey(tilePath(tile)), digest } };
    }),
  );
  await deps.faults.hit('log:after-tiles');
  const version = (head?.version ?? 0) + 1;
  const next: store.LogHead = {
    startedAt: head?.startedAt ?? deps.clock.now(),
    version,
    size: edge.size,
    root: rootOf(edge).toString('base64'),
    isFiled: false,
    published: head?.published ?? null,
  };
  const { ok } = await deps.table.write([
    {
      kind: 'put',
      item: { ...store.headKey, ...next },
      conditions: [head ? { kind: 'compare', field: 'version', op: '=', value: head.version } : { kind: 'absent' }],
    },
    { kind: 'put', item: store.edgeItem(store.edgeKey, edge) },
    { kind: 'put', item: { ...store.batchKey, version, leaves: pending.map(({ sk }) => sk) } },
    ...tiles,
  ]);
  return ok ? next : undefined;
}

/** What else is in the write beside tiles: head, edge and batch. A batch fills at most five bundles, five tiles and one tile of each level above. */
const opsOfFullestBatch = 3 + 2 * (Math.ceil((mostPerShard * store.pendingShards.length) / 256) + 1) + 7;
if (opsOfFullestBatch > tableLimits.opsPerWrite) throw new Error('a batch of the log does not fit one write');
