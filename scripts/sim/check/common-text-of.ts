import { digestBytes } from '../../../shared/core/digest.ts';
import type { Item } from '../../../shared/port/table.ts';
import type { MemoryStore } from '../world/memory-store.ts';
import { textOf } from './read-item.ts';

/** The text that a row of decisions has in common with others; undefined when it is not there, or is another one. */
export function commonTextOf(store: MemoryStore, row: Item): string | undefined {
  const tenant = row.pk.split('#')[1] ?? '';
  const text = textOf(store.get({ pk: `T#${tenant}#COMMON#${textOf(row, 'common')}`, sk: 'TEXT' }), 'text');
  return digestBytes(text) === row['common'] ? text : undefined;
}
