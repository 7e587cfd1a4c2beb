import type { Item } from './table.ts';

/** Never stored, because JSON and DynamoDB know no symbols; and copied with the item, so that what an update makes of it bears it too. */
const typed = Symbol('made of a typed record');
type MarkedItem = Item & { [typed]?: true };

/**
 * Says that the item was made of a record that the type checker knows, or was parsed as one. Reading it back needs no parsing, nor does reading what updates of this
 * process make of it: parsing is for what comes from a file or from another process. A table that hands out the object it was given, or an update of it, makes use
 * of this; any other is read as ever.
 */
export function madeOfRecord(item: Item): Item {
  const marked: MarkedItem = item;
  marked[typed] = true;
  return item;
}

/** Whether it was, and every change of it since. */
export function isMadeOfRecord(item: MarkedItem): boolean {
  return item[typed] === true;
}
