import { digestBytes } from '../../../shared/core/digest.ts';
import type { Item } from '../../../shared/port/table.ts';
import type { MemoryStore } from '../world/memory-store.ts';
import { textOf } from './read-item.ts';

/** The text that decisions about a run in this partition, or its tasks, have in common with others; undefined when it is not there, or is another one. */
export function commonTextOf(store: Pick<MemoryStore, 'get'>, pk: string, digest: string): string | undefined {
  const tenant = pk.split('#')[1] ?? '';
  const text = textOf(store.get({ pk: `T#${tenant}#COMMON#${digest}`, sk: 'TEXT' }), 'text');
  return digestBytes(text) === digest ? text : undefined;
}

/** The digests of all such texts that a row names: a row of decisions and the head of a run one, a task one for each attempt that keeps its decisions itself. */
export function commonTextsNamedIn(row: Item): string[] {
  const attempts = ['attempts', 'compensationAttempts'].flatMap((field) => (row[field] ?? []) as { judged?: { common: string } }[]); // Written by the engine.
  const named = attempts.flatMap(({ judged }) => (judged === undefined ? [] : [judged.common]));
  const others = [row['common'], row['outline']].flatMap((digest) => (typeof digest === 'string' ? [digest] : []));
  return [...named, ...others];
}
