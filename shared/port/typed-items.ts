import type { Item } from './table.ts';

/** Holds the item itself, so that a copy, which may have been given anything, does not bear the mark. Never stored: JSON and DynamoDB know no symbols. */
const typed = Symbol('made of a typed record');
type MarkedItem = Item & { [typed]?: Item };

/**
 * Says that the item was made of a record that the type checker knows, or was parsed as one. Reading it back needs no parsing, nor does reading what updates of this
 * process make of it: parsing is for what comes from a file or from another process. A table that hands out the object it was given, or an update of it, makes use
 * of this; any other is read as ever. A member costs less than a set of all such items, which the garbage collector has to go through.
 */
export function madeOfRecord(item: Item): Item {
  const marked: MarkedItem = item;
  marked[typed] = item;
  return item;
}

/** Whether it was, and every change of it since. */
export function isMadeOfRecord(item: MarkedItem): boolean {
  return item[typed] === item;
}
