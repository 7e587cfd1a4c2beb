/** Puts the log entry of a filed statement and its proof into the bundle that a caller gets. */
import { McError } from '../core/errors.ts';
import { leafHash } from '../core/merkle-hash.ts';
import { readCheckpoint } from './checkpoint.ts';
import { buildInclusionProof, rootFromInclusion } from './inclusion-proof.ts';
import { integrateLog, type IntegrateDeps } from './integrate-log.ts';
import { entryKind } from './log-entry.ts';
import { logIdentity } from './log-identity.ts';
import * as store from './log-store.ts';
import { listRetiredLogs } from './retired-logs.ts';
import { openStoredTree, type StoredTree } from './stored-tree.ts';
import { tileWidth } from './tile-path.ts';
import type { Deps } from '../port/deps.ts';
import type { TlogEntry } from './tlog-entry.ts';

/** What a use case needs that answers logged bundles. */
export type ProofDeps = IntegrateDeps;

/** As much of a sigstore bundle as matters here. */
interface Loggable {
  verificationMaterial: { tlogEntries?: TlogEntry[] | undefined };
}

/** How long a caller waits for an entry that another sequencer is about to integrate. */
const patienceMs = 5_000;
const pauseMs = 25;

/**
 * The bundle with its entry in the transparency log: the same bytes whenever it is asked for, because the proof is about the first tree that had the entry.
 * `leaf` is what the statement's row keeps; a statement of before there was a log has none, and its bundle stays as it is. Throws `mc:log:behind` when the
 * entry could not be integrated in time, and `mc:log:damaged` when the log does not hold what it should.
 */
export async function withLogEntry<B extends Loggable>(deps: ProofDeps, bundle: B, leaf: string | undefined): Promise<B> {
  if (leaf === undefined) return bundle;
  const record = await awaitIntegrated(deps, leaf);
  const entry = await proveEntry(deps, leaf, record);
  return { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: [entry] } };
}

async function awaitIntegrated(deps: ProofDeps, leaf: string): Promise<store.LeafRecord> {
  const { table, clock } = deps;
  const until = clock.elapsedMs() + patienceMs;
  do {
    const waiting = await table.get(store.pendingKey(leaf));
    const item = await table.get(store.leafKey(leaf));
    if (item) return store.LeafRecord.parse(item);
    // It is in one of the two places at any time, and was looked for in the order in which it moves.
    if (!waiting) throw damaged(`the entry ${leaf} was neither integrated nor does it wait for that`);
    if ((await integrateTogether(deps)) === 0) await clock.sleep(pauseMs);
  } while (clock.elapsedMs() < until);
  throw new McError('mc:log:behind', 'The transparency log has not integrated this entry yet.');
}

const underWay = new WeakMap<object, Promise<number>>();

/** Callers at the same time share one round: all but one would do the same work only to lose. */
async function integrateTogether(deps: ProofDeps): Promise<number> {
  const shared = underWay.get(deps.table);
  if (shared) return shared;
  const round = integrateLog(deps).finally(() => underWay.delete(deps.table));
  underWay.set(deps.table, round);
  return round;
}

async function proveEntry(deps: ProofDeps, leaf: string, { index, size }: store.LeafRecord): Promise<TlogEntry> {
  const { pem, place, tree, body } = await findEntry(deps, leaf, index);
  const log = logIdentity(pem);
  const note = await readNote(deps, place, size);
  const proof = await buildInclusionProof(tree, { index, size });
  const root = readCheckpoint(note)?.root;
  const proven = rootFromInclusion(Buffer.from(leaf, 'hex'), { index, size }, proof);
  // A proof that does not hold must not be given to anybody, whatever was done to the tiles.
  if (root === undefined || proven === undefined || !root.equals(proven))
    throw damaged(`entry ${index} does not lead to the checkpoint of ${size} entries`);
  return {
    logIndex: String(index),
    logId: { keyId: log.id.toString('base64') },
    kindVersion: { ...entryKind },
    integratedTime: '0',
    inclusionProof: {
      logIndex: String(index),
      rootHash: root.toString('base64'),
      treeSize: String(size),
      hashes: proof.map((hash) => hash.toString('base64')),
      checkpoint: { envelope: note },
    },
    canonicalizedBody: Buffer.from(body).toString('base64'),
  };
}

type ReadDeps = Pick<Deps, 'table' | 'blobs' | 'logKey'>;

interface FoundEntry {
  /** The key of the log that has it. */
  pem: string;
  place: store.LogPlace;
  tree: StoredTree;
  body: string;
}

/** The entry in the log that is appended to, or in one that ended when the home was restored. Throws `mc:log:damaged` when neither has it at this index. */
export async function findEntry(deps: ReadDeps, leaf: string, index: number): Promise<FoundEntry> {
  const current = await entryIn(deps, { pem: await deps.logKey.publicKey(), place: store.currentLog }, { leaf, index });
  if (current) return current;
  for (const { pem, sk } of await listRetiredLogs(deps)) {
    const found = await entryIn(deps, { pem, place: store.retiredLog(sk) }, { leaf, index });
    if (found) return found;
  }
  throw damaged(`entry ${index} is not the one that was filed there`);
}

async function entryIn(
  deps: ReadDeps,
  log: Pick<FoundEntry, 'pem' | 'place'>,
  { leaf, index }: { leaf: string; index: number },
): Promise<FoundEntry | undefined> {
  const tree = await openStoredTree(deps, log.place);
  const body = (await tree.entries(Math.floor(index / tileWidth)))[index % tileWidth];
  return body !== undefined && leafHash(body).toString('hex') === leaf ? { ...log, tree, body } : undefined;
}

async function readNote({ table }: ProofDeps, place: store.LogPlace, size: number): Promise<string> {
  const item = await table.get(place.checkpoint(size));
  if (!item) throw damaged(`the checkpoint of ${size} entries is gone`);
  return store.CheckpointRecord.parse(item).note;
}

function damaged(message: string): McError {
  return new McError('mc:log:damaged', message);
}
