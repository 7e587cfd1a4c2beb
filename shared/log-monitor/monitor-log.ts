/**
 * The monitor: reads the log as an outsider would, from where it stopped, and compares it with the table. Whoever changes, removes or adds an entry, a tile, a
 * checkpoint or a receipt afterwards does not know what the monitor has seen already.
 */
import { z } from 'zod';
import { openCheckpoint } from '../log/checkpoint.ts';
import { hasCode } from '../core/errors.ts';
import { logIdentity } from '../log/log-identity.ts';
import * as store from '../log/log-store.ts';
import { openStoredTree } from '../log/stored-tree.ts';
import { rootOf, type TreeEdge } from '../log/tree-edge.ts';
import type { Deps } from '../port/deps.ts';
import { metricNames } from '../port/metrics.ts';
import { checkEntries } from './check-entries.ts';
import { checkTree } from './check-tree.ts';
import { findUnlogged } from './find-unlogged.ts';

export type MonitorDeps = Pick<Deps, 'table' | 'blobs' | 'logKey' | 'metrics' | 'logger'>;

/** One look of the monitor. */
export interface LogLook {
  /** Entries that are verified by now. */
  verified: number;
  /** Entries that the newest checkpoint covers. */
  size: number;
  differences: string[];
}

/** Entries of one step, after which what was verified is noted: about a quarter of a second of work. */
const entriesPerStep = 2_048;
/** Steps of one look; what is left over is the next look's. */
const maxSteps = 32;
/** More differences than this say no more. */
const maxDifferences = 100;

const Watched = z.object({ waiting: z.array(store.LeafName) });

/** Looks at everything since the last look. Every difference is logged and counted, and found again by every look until somebody mends it. */
export async function monitorLog(deps: MonitorDeps): Promise<LogLook> {
  const look = await lookAtLog(deps);
  const differences = look.differences.slice(0, maxDifferences);
  for (const difference of differences) deps.logger.error('the transparency log and the table differ', { difference });
  deps.metrics.count(metricNames.logDifferencesTotal, differences.length);
  return { ...look, differences };
}

async function lookAtLog(deps: MonitorDeps): Promise<LogLook> {
  const item = await deps.table.get(store.monitorKey);
  let verified = store.edgeOf(item);
  const head = await store.readHead(deps);
  const size = head?.published?.size ?? 0;
  if (size < verified.size)
    return { verified: verified.size, size, differences: [`the log had ${verified.size} entries, and has ${size} now`] };
  const stuck = await findStuck(deps, item === undefined ? [] : Watched.parse(item).waiting);
  const differences = [...stuck.differences, ...(head ? await findUnlogged(deps, head.startedAt) : [])];
  const repeated = await checkAgain(deps, verified);
  if (repeated !== undefined) return { verified: verified.size, size, differences: [...differences, repeated] };
  for (let step = 0; step < maxSteps && verified.size < size; step += 1) {
    const found = await takeStep(deps, verified).catch((error: unknown) => asDifference(error, verified));
    if (found.differences.length > 0) return { verified: verified.size, size, differences: [...differences, ...found.differences] };
    verified = found.edge;
    await deps.table.write([{ kind: 'put', item: { ...store.edgeItem(store.monitorKey, verified), waiting: stuck.waiting } }]);
  }
  if (verified.size > 0)
    await deps.table.write([{ kind: 'put', item: { ...store.edgeItem(store.monitorKey, verified), waiting: stuck.waiting } }]);
  return { verified: verified.size, size, differences };
}

/** The checkpoint of what was verified must still be there and say the same: a log that was replaced as a whole would pass otherwise. */
async function checkAgain({ table, logKey }: MonitorDeps, verified: TreeEdge): Promise<string | undefined> {
  if (verified.size === 0) return undefined;
  const note = store.CheckpointRecord.safeParse(await table.get(store.checkpointKey(verified.size))).data?.note;
  const checkpoint = note === undefined ? undefined : openCheckpoint(note, logIdentity(await logKey.publicKey()));
  return checkpoint?.root.equals(rootOf(verified)) === true
    ? undefined
    : `the checkpoint of ${verified.size} entries is not the one that was verified`;
}

/** A part of the log that is gone is what the monitor is for; a store that does not answer is not. */
function asDifference(error: unknown, edge: TreeEdge): Awaited<ReturnType<typeof takeStep>> {
  if (!hasCode(error, 'mc:log:damaged')) throw error;
  return { edge, differences: [error.message] };
}

async function takeStep(deps: MonitorDeps, from: TreeEdge): Promise<{ edge: TreeEdge; differences: string[] }> {
  const bounds = { from: store.checkpointKey(from.size + 1).sk, to: store.checkpointKey(from.size + entriesPerStep).sk };
  const { items } = await deps.table.query({ pk: store.checkpointKey(0).pk, ...bounds, limit: 1, reverse: true });
  const [item] = items;
  if (!item) return { edge: from, differences: [`there is no checkpoint behind the one of ${from.size} entries`] };
  const size = Number(item.sk);
  const { note } = store.CheckpointRecord.parse(item);
  const tree = await openStoredTree(deps);
  const { edge, entries, differences } = await checkTree(tree, from, { size, note, log: logIdentity(await deps.logKey.publicKey()) });
  return { edge, differences: [...differences, ...(await checkEntries(deps, from.size, entries))] };
}

/** Entries that already waited at the last look: nobody integrates them. */
async function findStuck({ table }: MonitorDeps, before: readonly string[]): Promise<{ waiting: string[]; differences: string[] }> {
  const pages = await Promise.all(store.pendingShards.map((shard) => table.query({ pk: store.pendingPk(shard), limit: 1 })));
  const waiting = pages.flatMap(({ items }) => items.map(({ sk }) => sk));
  const differences = waiting.filter((leaf) => before.includes(leaf)).map((leaf) => `the entry ${leaf} waits since the last look`);
  return { waiting, differences };
}
