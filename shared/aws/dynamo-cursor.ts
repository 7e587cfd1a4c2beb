/**
 * Cursors of DynamoDB queries. A cursor names the last item of a page but never its partition: that comes from the query, so a cursor
 * taken from another list or tenant cannot widen what is read.
 */
import { z } from 'zod';
import { McError } from '../core/errors.ts';
import type { Item, Query } from '../port/table.ts';
import { marshallFields, type Attribute } from './dynamo-item.ts';

const TablePosition = z.tuple([z.string().min(1)]);
const IndexPosition = z.tuple([z.string().min(1), z.string().min(1), z.string().min(1)]);

/** The error for a cursor that no list gave out. */
export function cursorRefused(cause: unknown): McError {
  return new McError('mc:request:invalid', 'the cursor is not one that a list gave out', {
    cause,
    issues: [
      { code: 'cursor', pointer: '/cursor', message: 'not a cursor of this list', fix: 'take the cursor of the page before, unchanged' },
    ],
  });
}

/** An opaque, URL-safe cursor behind this item. */
export function encodeCursor(index: Query['index'], item: Item): string {
  const position = index === undefined ? [item.sk] : [item[`${index}sk`], item.pk, item.sk];
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The start key of the page behind a cursor; throws `mc:request:invalid` for anything that is no cursor. */
export function startKeyOf(query: Query, cursor: string): Record<string, Attribute> {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (query.index === undefined) {
      const [sk] = TablePosition.parse(position);
      return marshallFields({ pk: query.pk, sk });
    }
    const [indexSk, pk, sk] = IndexPosition.parse(position);
    return marshallFields({ pk, sk, [`${query.index}pk`]: query.pk, [`${query.index}sk`]: indexSk });
  } catch (cause) {
    throw cursorRefused(cause);
  }
}
