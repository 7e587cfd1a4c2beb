/** Judges the writes of one commit, one after the other, each against what those before it left. */
import { McError } from '../../core/errors.ts';
import type { Item, Key, WriteOp, WriteResult } from '../../port/table.ts';
import { checkItemBytes, holds, keyOf, updated } from '../../port/table-rules.ts';
import type { Before, StagedChange, StagedChanges } from './staged-changes.ts';

export interface PendingWrite {
  ops: readonly WriteOp[];
  /** The `itemId` of each op's item. */
  ids: readonly string[];
  isForCaller: boolean;
  resolve: (result: WriteResult) => void;
  reject: (error: unknown) => void;
}

/** The committed item under a key. */
export type FindItem = (key: Key, id: string) => Item | undefined;

/** Judges all conditions of a write, then stages all its changes; nothing is staged unless everything holds. What it returns tells the caller, after the commit. */
export function judgeWrite({ ops, ids, resolve, reject }: PendingWrite, staged: StagedChanges, find: FindItem): () => void {
  const failed: number[] = [];
  const changes: StagedChange[] = [];
  try {
    for (const [index, id] of ids.entries()) {
      const op = ops[index] as WriteOp; // One id an op.
      const before = rowBefore(op, id, { staged, find });
      if (!(op.conditions ?? []).every((condition) => holds(condition, itemOf(before)))) failed.push(index);
      else if (op.kind !== 'check') changes.push(changeOf(op, id, before));
    }
  } catch (error) {
    if (error instanceof McError) return () => reject(error); // This write alone is refused; the others of the commit go on.
    throw error;
  }
  if (failed.length > 0) return () => resolve({ ok: false, failed });
  for (const change of changes) staged.stage(change);
  return () => resolve({ ok: true });
}

/** The row that the op meets, as far as the op needs to know it. */
function rowBefore(op: WriteOp, id: string, { staged, find }: { staged: StagedChanges; find: FindItem }): Before {
  const known = staged.find(id);
  if (known) return known.item ?? 'none';
  if (op.kind !== 'update' && (op.conditions ?? []).length === 0) return 'unread';
  return find(keyOf(op), id) ?? 'none';
}

const itemOf = (before: Before): Item | undefined => (typeof before === 'string' ? undefined : before);

function changeOf(op: WriteOp, id: string, before: Before): StagedChange {
  const known = itemOf(before);
  const item = op.kind === 'put' ? op.item : op.kind === 'update' ? updated(op.key, known, op) : undefined;
  return { id, key: keyOf(op), before, item, body: item ? serialised(item) : '', isKnown: known !== undefined };
}

function serialised(item: Item): string {
  const body = JSON.stringify(item);
  checkItemBytes(item, body.length);
  return body;
}
