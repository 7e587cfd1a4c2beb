import { assertInvariant } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import { tableLimits, type WriteOp } from '../port/table.ts';
import { canFinish } from './check-growth.ts';
import { checkpointText, openCheckpoint, sealCheckpoint } from './checkpoint.ts';
import { logIdentity } from './log-identity.ts';
import * as store from './log-store.ts';

type FileDeps = Pick<Deps, 'table' | 'blobs' | 'logKey' | 'faults'>;
type Known = ReadonlyMap<string, store.PendingEntry>;

/** Two ops an entry: away from those that wait, to those that know their index. */
const entriesPerWrite = tableLimits.opsPerWrite / 2;
/** Keys that one read takes. */
const keysPerRead = 100;

/**
 * Finishes the batch that this head speaks of: its checkpoint, the index of each of its entries, and then the head itself. Every step can be repeated, by
 * several processes at once too. `known` saves reading what was just read. Throws `mc:log:damaged` when the table does not hold the tree that the batch gives.
 */
export async function fileBatch(deps: FileDeps, head: store.LogHead, known?: Known): Promise<void> {
  const item = await deps.table.get(store.batchKey);
  assertInvariant(item !== undefined, `the log has no batch of version ${head.version}`);
  const batch = store.Batch.parse(item);
  // Who appended just now knows what that was, unless another process finished it and went on; of a batch that somebody else began, only the table tells.
  if (known ? batch.version !== head.version : !(await canFinish(deps, head, batch))) return;
  const note = await signCheckpoint(deps, head);
  await deps.table.write([{ kind: 'put', item: { ...store.checkpointKey(head.size), note } }]);
  await deps.faults.hit('log:after-checkpoint');
  const ops = filingOps(head, batch, known ?? (await readWaiting(deps, batch)));
  for (let at = 0; at < ops.length; at += entriesPerWrite) await deps.table.write(ops.slice(at, at + entriesPerWrite).flat());
  await deps.faults.hit('log:after-filing');
  await deps.table.write([
    {
      kind: 'update',
      key: store.headKey,
      set: { isFiled: true, published: { size: head.size, note } },
      conditions: [{ kind: 'compare', field: 'version', op: '=', value: head.version }],
    },
  ]);
}

/** Only a tree that is already the one log of this home is signed. */
async function signCheckpoint({ logKey }: FileDeps, { size, root }: store.LogHead): Promise<string> {
  const log = logIdentity(await logKey.publicKey());
  const text = checkpointText({ origin: log.origin, size, root: Buffer.from(root, 'base64') });
  const note = sealCheckpoint(text, log, await logKey.sign(Buffer.from(text)));
  assertInvariant(openCheckpoint(note, log) !== undefined, 'the checkpoint that was just signed does not verify');
  return note;
}

/** Entries of the batch that still wait; the others were filed before a crash. */
async function readWaiting({ table }: FileDeps, { leaves }: store.Batch): Promise<Known> {
  const waiting = new Map<string, store.PendingEntry>();
  for (let at = 0; at < leaves.length; at += keysPerRead) {
    const items = await table.getMany(leaves.slice(at, at + keysPerRead).map(store.pendingKey));
    for (const item of items) if (item) waiting.set(item.sk, store.PendingEntry.parse(item));
  }
  return waiting;
}

function filingOps({ size }: store.LogHead, { leaves }: store.Batch, waiting: Known): WriteOp[][] {
  const first = size - leaves.length;
  return leaves.flatMap((leaf, at) => {
    const entry = waiting.get(leaf);
    if (!entry) return [];
    const record: store.LeafRecord = { index: first + at, size, of: entry.of };
    return [
      [
        { kind: 'delete', key: store.pendingKey(leaf) },
        { kind: 'put', item: { ...store.leafKey(leaf), ...record } },
      ],
    ];
  });
}
