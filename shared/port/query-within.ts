import type { Item, Page, Query, Table } from './table.ts';

/** What a page may come to, and how many items are read at once, by which it may pass that. */
export interface PageRoom {
  characters: number;
  itemsAtOnce: number;
}

/** The room of a list, whose entries may have 256 KB: an answer of a deployed home has some 4.4 MB, in which quotes and backslashes are escaped once more. */
export const listRoom: PageRoom = { characters: 1024 * 1024, itemsAtOnce: 4 };

/** Also what is made of the items, at most one thing of each: what they name elsewhere counts too. */
export interface ReadRoom<T> extends PageRoom {
  read(this: void, items: readonly Item[]): Promise<T[]>;
}

/** One page that ends early, with a cursor, when it has become too much for one answer: an item may have 400 KB, and a page a thousand of them. */
export async function queryWithin<T>(table: Table, query: Query, { characters, itemsAtOnce, read }: ReadRoom<T>): Promise<Page<T>> {
  const found: T[] = [];
  let { cursor } = query;
  let size = 0;
  do {
    const limit = Math.min(itemsAtOnce, query.limit - found.length);
    const page = await table.query({ ...query, limit, ...(cursor !== undefined && { cursor }) });
    const things = await read(page.items);
    found.push(...things);
    size = things.reduce((sum, thing) => sum + JSON.stringify(thing).length, size);
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < query.limit && size < characters);
  return cursor === undefined ? { items: found } : { items: found, cursor };
}
