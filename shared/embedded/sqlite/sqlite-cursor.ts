import { z } from 'zod';
import { McError } from '../../core/errors.ts';

/** Where a page ended: the sort key and the row, because an index may hold equal sort keys. */
export interface CursorPosition {
  sort: string;
  id: number;
}

const Encoded = z.tuple([z.string(), z.int()]);

/** An opaque, URL-safe cursor. */
export function encodeCursor({ sort, id }: CursorPosition): string {
  return Buffer.from(JSON.stringify([sort, id])).toString('base64url');
}

/** Reads a cursor back; throws `mc:request:invalid` for anything that is none. */
export function decodeCursor(cursor: string): CursorPosition {
  try {
    const [sort, id] = Encoded.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { sort, id };
  } catch (cause) {
    throw new McError('mc:request:invalid', 'the cursor is not one that a list gave out', {
      cause,
      issues: [
        { code: 'cursor', pointer: '/cursor', message: 'not a cursor of this list', fix: 'take the cursor of the page before, unchanged' },
      ],
    });
  }
}
