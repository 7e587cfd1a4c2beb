/**
 * Cursors of DynamoDB queries. A cursor names the last item of a page but never its partition: that comes from the query, so a cursor
 * taken from another list or tenant cannot widen what is read.
 */
import { z } from 'zod';
import type { Item, Query } from '../port/table.ts';
import { CursorPk, CursorSk, decodePosition, encodePosition } from '../port/table-cursor.ts';
import { marshallFields, type Attribute } from './dynamo-item.ts';

const TablePosition = z.tuple([CursorSk]);
const IndexPosition = z.tuple([CursorSk, CursorPk, CursorSk]);

/** An opaque, URL-safe cursor behind this item. */
export function encodeCursor(index: Query['index'], item: Item): string {
  return encodePosition(index === undefined ? [item.sk] : [item[`${index}sk`], item.pk, item.sk]);
}

/** The start key of the page behind a cursor; throws `mc:request:invalid` for anything that is no cursor. */
export function startKeyOf(query: Query, cursor: string): Record<string, Attribute> {
  if (query.index === undefined) {
    const [sk] = decodePosition(TablePosition, cursor);
    return marshallFields({ pk: query.pk, sk });
  }
  const [indexSk, pk, sk] = decodePosition(IndexPosition, cursor);
  return marshallFields({ pk, sk, [`${query.index}pk`]: query.pk, [`${query.index}sk`]: indexSk });
}
