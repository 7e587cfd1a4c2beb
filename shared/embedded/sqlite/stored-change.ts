/** The changes of rows that one commit of the table makes, as the journal keeps them: two lines of text each, the keys and the body. */
import { InvariantError } from '../../core/errors.ts';
import type { Item, Key } from '../../port/table.ts';

/** What becomes of a row, as far as it was known what is there. */
export type ChangeKind =
  /** There is none. */
  | 'insert'
  /** There is one, with the same keys in both indexes and the same expiry: only the body differs. */
  | 'body'
  /** There may be one. */
  | 'put'
  | 'delete';

/** A row as SQLite has it; `body` is the whole item as JSON, empty for a delete. */
export interface StoredChange extends Key {
  kind: ChangeKind;
  g1pk: string | null;
  g1sk: string | null;
  g2pk: string | null;
  g2sk: string | null;
  ttl: number | null;
  body: string;
}

type Head = [ChangeKind, string, string, (string | null)?, (string | null)?, (string | null)?, (string | null)?, (number | null)?];

/** JSON has no line breaks of its own, so lines tell one change from the next. */
export function encodeChange(kind: ChangeKind, { pk, sk }: Key, after: { item: Item; body: string } | undefined): string {
  if (after === undefined || kind === 'body') return `${JSON.stringify([kind, pk, sk])}\n${after?.body ?? ''}`;
  const { gsi1pk, gsi1sk, gsi2pk, gsi2sk, ttl } = after.item;
  const isIndexed = gsi1pk !== undefined || gsi2pk !== undefined || ttl !== undefined;
  return `${JSON.stringify(isIndexed ? [kind, pk, sk, gsi1pk, gsi1sk, gsi2pk, gsi2sk, ttl] : [kind, pk, sk])}\n${after.body}`;
}

/** The changes of an entry of the journal, in order. */
export function decodeChanges(text: string): StoredChange[] {
  const lines = text.split('\n');
  const changes: StoredChange[] = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [kind, pk, sk, g1pk = null, g1sk = null, g2pk = null, g2sk = null, ttl = null] = JSON.parse(lines[at] ?? '') as Head; // Written by encodeChange only.
    changes.push({ kind, pk, sk, g1pk, g1sk, g2pk, g2sk, ttl, body: lines[at + 1] ?? '' });
  }
  if (lines.length !== 2 * changes.length) throw new InvariantError('an entry of the journal is cut short');
  return changes;
}

/** Two changes of one row as one. */
export function mergeChanges(earlier: StoredChange, later: StoredChange): StoredChange {
  if (later.kind === 'body') return { ...earlier, body: later.body };
  if (later.kind === 'delete') return later;
  return { ...later, kind: earlier.kind === 'insert' ? 'insert' : 'put' };
}
