/** Cursors as callers hold them: the position behind a page as JSON in base64url, which comes back from anybody and says anything. */
import { z } from 'zod';
import { McError } from '../core/errors.ts';
import { tableLimits } from './table.ts';

const keyOf = (maxBytes: number): z.ZodType<string> =>
  z
    .string()
    .min(1)
    .refine((key) => key.isWellFormed() && Buffer.byteLength(key) <= maxBytes);

/** A partition key in a cursor, which a table may be asked for. */
export const CursorPk = keyOf(tableLimits.pkBytes);
/** A sort key in a cursor, which a table may be asked for. */
export const CursorSk = keyOf(tableLimits.skBytes);

/** The error for a cursor that no list gave out. */
export function cursorRefused(cause: unknown): McError {
  return new McError('mc:request:invalid', 'the cursor is not one that a list gave out', {
    cause,
    issues: [
      { code: 'cursor', pointer: '/cursor', message: 'not a cursor of this list', fix: 'take the cursor of the page before, unchanged' },
    ],
  });
}

/** An opaque, URL-safe cursor. */
export function encodePosition(position: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Reads a cursor back; throws `mc:request:invalid` for anything that is none. */
export function decodePosition<T>(position: z.ZodType<T>, cursor: string): T {
  try {
    return position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw cursorRefused(cause);
  }
}
