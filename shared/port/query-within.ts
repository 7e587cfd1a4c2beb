import type { Page, Query, Table } from './table.ts';

/** What a page may come to, and how many items are read at once, by which it may pass that. */
export interface PageRoom {
  characters: number;
  itemsAtOnce: number;
}

/** One page that ends early, with a cursor, when its items have become too much for one answer: an item may have 400 KB, and a page a thousand of them. */
export async function queryWithin(table: Table, query: Query, { characters, itemsAtOnce }: PageRoom): Promise<Page> {
  const found: Page = { items: [] };
  let { cursor } = query;
  let size = 0;
  do {
    const limit = Math.min(itemsAtOnce, query.limit - found.items.length);
    const page = await table.query({ ...query, limit, ...(cursor !== undefined && { cursor }) });
    found.items.push(...page.items);
    size = page.items.reduce((sum, item) => sum + JSON.stringify(item).length, size);
    cursor = page.cursor;
  } while (cursor !== undefined && found.items.length < query.limit && size < characters);
  return cursor === undefined ? found : { ...found, cursor };
}
