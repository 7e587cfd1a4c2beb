/**
 * What stands between the table and the key of the log: only a tree that is the one which was signed last, with entries behind it, is appended to or signed. So
 * who can write the table, but has not the key, cannot have two histories signed by changing the items of the log.
 */
import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import { openCheckpoint } from './checkpoint.ts';
import { buildConsistencyProof, isConsistent, type Head } from './consistency-proof.ts';
import { subtreeHash } from './hash-source.ts';
import { logIdentity } from './log-identity.ts';
import * as store from './log-store.ts';
import { openStoredTree } from './stored-tree.ts';
import { emptyEdge, rootOf, type TreeEdge } from './tree-edge.ts';

type CheckDeps = Pick<Deps, 'table' | 'logKey'>;

/**
 * Tells whether this edge is the tree of the head; false when another process appended meanwhile. Throws `mc:log:damaged` when the edge is not the tree that the log
 * signed last, or the log would begin anew.
 */
export async function canAppendTo(deps: CheckDeps, head: store.LogHead | undefined, edge: TreeEdge): Promise<boolean> {
  if (edge.size !== (head?.size ?? 0)) {
    if (await hasMoved(deps, head)) return false;
    throw damaged(`its head says ${head?.size ?? 0} entries, its edge ${edge.size}`);
  }
  if (!head) {
    const [signed, watched] = await Promise.all([
      deps.table.query({ pk: store.checkpointKey(0).pk, limit: 1 }),
      deps.table.get(store.monitorKey),
    ]);
    if (signed.items.length === 0 && watched === undefined) return true;
    if (await hasMoved(deps, head)) return false;
    throw damaged('it signed checkpoints, and has no head');
  }
  const last = await lastSigned(deps, head);
  if (last.size !== edge.size || rootOf(edge).compare(last.root) !== 0) throw damaged('its edge is not the tree that was signed last');
  return true;
}

/**
 * Tells whether what the table says of a batch that somebody else began is still to be finished. Throws `mc:log:damaged` when its tree is not the one that was signed
 * last with the batch behind it.
 */
export async function canFinish(deps: CheckDeps & Pick<Deps, 'blobs'>, head: store.LogHead, batch: store.Batch): Promise<boolean> {
  const tree = await openStoredTree(deps);
  const last = head.published === null ? { size: 0, root: rootOf(emptyEdge) } : await lastSigned(deps, head);
  const isItsBatch = batch.version === head.version && tree.size === head.size && last.size + batch.leaves.length === head.size;
  if (!isItsBatch && (await hasMoved(deps, head))) return false;
  const root = Buffer.from(head.root, 'base64');
  if (!isItsBatch || !root.equals(await subtreeHash(tree, 0, head.size))) throw damaged('its edge is not the tree that its head speaks of');
  const proof = await buildConsistencyProof(tree, last.size, head.size);
  if (!isConsistent(last, { size: head.size, root }, proof)) throw damaged('its tree is not the one that was signed last, grown');
  return true;
}

async function lastSigned({ logKey }: CheckDeps, { published }: store.LogHead): Promise<Head> {
  const checkpoint = openCheckpoint(published?.note ?? '', logIdentity(await logKey.publicKey()));
  if (checkpoint?.size !== published?.size || !checkpoint) throw damaged('its head has no checkpoint that the key of the log signed');
  return checkpoint;
}

/** Whether the head is another one by now, so that what was read beside it says nothing. */
async function hasMoved(deps: CheckDeps, head: store.LogHead | undefined): Promise<boolean> {
  const now = await store.readHead(deps);
  return now?.version !== head?.version || now?.isFiled !== head?.isFiled;
}

function damaged(why: string): McError {
  return new McError('mc:log:damaged', `The log is not appended to: ${why}.`);
}
