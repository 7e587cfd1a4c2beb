import type { Item } from './table.ts';

/**
 * Items that this process made of typed records, and what its updates made of those. Reading one back needs no parsing: parsing is for what comes from a file or
 * from another process. A table that hands out the object it was given, or an update of it, makes use of this; any other is read as ever.
 */
const typedItems = new WeakSet<Item>();

/** Says that the item was made of a record that the type checker knows. */
export function madeOfRecord(item: Item): Item {
  typedItems.add(item);
  return item;
}

/** Whether it was, and every change of it since. */
export function isMadeOfRecord(item: Item): boolean {
  return typedItems.has(item);
}
