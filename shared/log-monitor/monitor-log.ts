/**
 * The monitor: reads the log as an outsider would, from where it stopped, and compares it with the table. Whoever changes, removes or adds an entry, a tile, a
 * checkpoint or a receipt afterwards does not know what the monitor has seen already.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { openCheckpoint } from '../log/checkpoint.ts';
import { hasCode } from '../core/errors.ts';
import { logIdentity } from '../log/log-identity.ts';
import * as store from '../log/log-store.ts';
import { openStoredTree } from '../log/stored-tree.ts';
import { emptyEdge, rootOf, type TreeEdge } from '../log/tree-edge.ts';
import type { Deps } from '../port/deps.ts';
import { metricNames } from '../port/metrics.ts';
import { checkEntries } from './check-entries.ts';
import { checkHead } from './check-head.ts';
import { checkTree } from './check-tree.ts';
import { findUnlogged, patrolRuns, RoundPlace } from './find-unlogged.ts';
import type { Pausing } from './pausing.ts';

export type MonitorDeps = Pick<Deps, 'table' | 'blobs' | 'logKey' | 'signer' | 'metrics' | 'logger'>;
type LookDeps = MonitorDeps & Pausing;

/** One look of the monitor. */
export interface LogLook {
  /** Entries that are verified by now. */
  verified: number;
  /** Entries that the newest checkpoint covers. */
  size: number;
  differences: string[];
}

/** Entries of one step, after which what was verified is noted. */
const entriesPerStep = 2_048;
/** Steps of one look, as many entries as 2,000 runs a second make in a minute; what is left over is the next look's. */
const maxSteps = 64;
/** More differences than this say no more. */
const maxDifferences = 100;
/** Checkpoints of one step. A log that is asked for every receipt at once has one an entry. */
const checkpointsPerStep = 256;
/** Waiting entries a partition that are looked at: as many as one batch takes. */
const waitingPerShard = 64;

const Watched = z.object({ waiting: z.array(z.string()), round: RoundPlace });
type Watched = z.infer<typeof Watched>;

/**
 * Looks at everything since the last look, and at a part of what was verified before. Every difference is logged and counted, and found again until somebody mends it. The
 * look calls `pause` after every few milliseconds of work, and ends with what that rejects with; what it verified so far is noted.
 */
export async function monitorLog(deps: MonitorDeps, pause: Pausing['pause'] = nextTurn): Promise<LogLook> {
  const look = await lookAtLog({ ...deps, pause }).catch(asLook);
  const differences = look.differences.slice(0, maxDifferences);
  for (const difference of differences) deps.logger.error('the transparency log and the table differ', { difference });
  deps.metrics.count(metricNames.logDifferencesTotal, differences.length);
  return { ...look, differences };
}

/** An item that was changed into something else must not silence the monitor. */
function asLook(error: unknown): LogLook {
  if (!(error instanceof z.ZodError)) throw error;
  return { verified: 0, size: 0, differences: [`an item of the log is not as the engine writes it: ${z.prettifyError(error)}`] };
}

async function lookAtLog(deps: LookDeps): Promise<LogLook> {
  let verified = store.edgeOf(await deps.table.get(store.monitorKey));
  const head = await store.readHead(deps);
  const size = head?.published?.size ?? 0;
  if (size < verified.size)
    return { verified: verified.size, size, differences: [`the log had ${verified.size} entries, and has ${size} now`] };
  const differences = [...(await checkHead(deps, head)), ...(await lookAround(deps, head))];
  const repeated = await checkAgain(deps, verified);
  if (repeated !== undefined) return { verified: verified.size, size, differences: [...differences, repeated] };
  for (let step = 0; step < maxSteps && verified.size < size; step += 1) {
    const found = await takeStep(deps, verified, size).catch((error: unknown) => asDifference(error, verified));
    if (found.differences.length > 0) return { verified: verified.size, size, differences: [...differences, ...found.differences] };
    verified = found.edge;
    await deps.table.write([{ kind: 'put', item: store.edgeItem(store.monitorKey, verified) }]);
  }
  return { verified: verified.size, size, differences: [...differences, ...(await patrol(deps, verified))] };
}

/** Entries that nobody integrates, and statements that are not in the log. */
async function lookAround(deps: LookDeps, head: store.LogHead | undefined): Promise<string[]> {
  const before = Watched.safeParse(await deps.table.get(store.watchKey)).data ?? { waiting: [], round: {} };
  const stuck = await findStuck(deps, before.waiting);
  const newest = head ? await findUnlogged(deps, head.startedAt) : [];
  const others = head ? await patrolRuns(deps, head.startedAt, before.round) : { differences: [], next: {} };
  // The round stays where something is wrong.
  const round = others.differences.length > 0 ? before.round : others.next;
  const watched: Watched = { waiting: stuck.waiting, round };
  await deps.table.write([{ kind: 'put', item: { ...store.watchKey, ...watched } }]);
  return [...new Set([...stuck.differences, ...newest, ...others.differences])];
}

/**
 * Looks once more at a part of what was verified long ago, from the first entry on and round and round: somebody who changes or removes an old entry, tile,
 * checkpoint or statement is found too.
 */
async function patrol(deps: LookDeps, verified: TreeEdge): Promise<string[]> {
  const stored = store.edgeOf(await deps.table.get(store.patrolKey));
  const from = stored.size < verified.size ? stored : emptyEdge;
  if (verified.size === 0) return [];
  const { edge, differences } = await takeStep(deps, from, verified.size).catch((error: unknown) => asDifference(error, from));
  if (differences.length > 0) return differences;
  if (edge.size === verified.size && !rootOf(edge).equals(rootOf(verified)))
    return [`the entries that were verified, ${verified.size} of them, are others now`];
  await deps.table.write([{ kind: 'put', item: store.edgeItem(store.patrolKey, edge) }]);
  return [];
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

async function takeStep(deps: LookDeps, from: TreeEdge, end: number): Promise<{ edge: TreeEdge; differences: string[] }> {
  const last = Math.min(from.size + entriesPerStep, end);
  const bounds = { from: store.checkpointKey(from.size + 1).sk, to: store.checkpointKey(last).sk };
  const { items } = await deps.table.query({ pk: store.checkpointKey(0).pk, ...bounds, limit: checkpointsPerStep });
  if (items.length === 0) return { edge: from, differences: [`there is no checkpoint behind the one of ${from.size} entries`] };
  const checkpoints = items.map((item) => ({ size: Number(item.sk), note: store.CheckpointRecord.parse(item).note }));
  const tree = await openStoredTree(deps);
  const { edge, entries, differences } = await checkTree(tree, from, {
    checkpoints,
    log: logIdentity(await deps.logKey.publicKey()),
    pause: deps.pause,
  });
  const signed = checkpoints.map(({ size }) => size);
  return { edge, differences: [...differences, ...(await checkEntries(deps, { first: from.size, entries, signed }))] };
}

/** Entries that already waited at the last look: nobody integrates them. */
async function findStuck({ table }: MonitorDeps, before: readonly string[]): Promise<{ waiting: string[]; differences: string[] }> {
  const pages = await Promise.all(store.pendingShards.map((shard) => table.query({ pk: store.pendingPk(shard), limit: waitingPerShard })));
  const waiting = pages.flatMap(({ items }) => items.map(({ sk }) => sk));
  const known = new Set(before);
  const differences = waiting.filter((leaf) => known.has(leaf)).map((leaf) => `the entry ${leaf} waits since the last look`);
  return { waiting, differences };
}
