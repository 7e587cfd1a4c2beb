import { z } from 'zod';
import { CursorSk, decodePosition, encodePosition } from '../../port/table-cursor.ts';

/** Where a page ended: the sort key and the row, because an index may hold equal sort keys. */
export interface CursorPosition {
  sort: string;
  id: number;
}

const Position = z.tuple([CursorSk, z.int()]);

/** An opaque, URL-safe cursor. */
export function encodeCursor({ sort, id }: CursorPosition): string {
  return encodePosition([sort, id]);
}

/** Reads a cursor back; throws `mc:request:invalid` for anything that is none. */
export function decodeCursor(cursor: string): CursorPosition {
  const [sort, id] = decodePosition(Position, cursor);
  return { sort, id };
}
