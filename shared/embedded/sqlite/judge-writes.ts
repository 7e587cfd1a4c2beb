/** Judges the writes of one commit, one after the other, each against what those before it left. */
import { McError } from '../../core/errors.ts';
import type { Item, Key, WriteOp, WriteResult } from '../../port/table.ts';
import { checkItemBytes, holds, keyOf, updated } from '../../port/table-rules.ts';
import { cacheKey, type Before, type StagedChange, type StagedChanges } from './staged-changes.ts';

export interface PendingWrite {
  ops: readonly WriteOp[];
  resolve: (result: WriteResult) => void;
  reject: (error: unknown) => void;
}

/** The committed item under a key. */
export type FindItem = (key: Key, id: string) => Item | undefined;

/** Judges all conditions of a write, then stages all its changes; nothing is staged unless everything holds. What it returns tells the caller, after the commit. */
export function judgeWrite({ ops, resolve, reject }: PendingWrite, staged: StagedChanges, find: FindItem): () => void {
  const failed: number[] = [];
  const changes: [string, StagedChange][] = [];
  try {
    for (const [index, op] of ops.entries()) {
      const key = keyOf(op);
      const id = cacheKey(key);
      const before = rowBefore(op, id, { staged, find });
      const item = before.kind === 'row' ? before.item : undefined;
      if (!(op.conditions ?? []).every((condition) => holds(condition, item))) failed.push(index);
      else if (op.kind === 'put') changes.push([id, { key, before, after: serialised(op.item) }]);
      else if (op.kind === 'update') changes.push([id, { key, before, after: serialised(updated(op.key, item, op)) }]);
      else if (op.kind === 'delete') changes.push([id, { key, before, after: undefined }]);
    }
  } catch (error) {
    if (error instanceof McError) return () => reject(error); // This write alone is refused; the others of the commit go on.
    throw error;
  }
  if (failed.length > 0) return () => resolve({ ok: false, failed });
  for (const [id, change] of changes) staged.stage(id, change);
  return () => resolve({ ok: true });
}

/** The row that the op meets, as far as the op needs to know it. */
function rowBefore(op: WriteOp, id: string, { staged, find }: { staged: StagedChanges; find: FindItem }): Before {
  const known = staged.find(id);
  if (known) return known.after ? { kind: 'row', item: known.after.item } : { kind: 'none' };
  if (op.kind !== 'update' && (op.conditions ?? []).length === 0) return { kind: 'unread' };
  const item = find(keyOf(op), id);
  return item ? { kind: 'row', item } : { kind: 'none' };
}

function serialised(item: Item): { item: Item; body: string } {
  const body = JSON.stringify(item);
  checkItemBytes(item, body.length);
  return { item, body };
}
