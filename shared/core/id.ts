import { z } from 'zod';

/** What an id names; the prefix is the first part of every id. */
export type IdPrefix = 'evt' | 'exec' | 'wf' | 'rel' | 'rcpt' | 'dec' | 'req' | 'pkg' | 'hold' | 'purge' | 'rot' | 'bak';

/** A prefixed ULID, such as `exec_01K9…`: sortable by time, unique, never reused. */
export type Id<P extends IdPrefix = IdPrefix> = `${P}_${string}`;

/** The schema of an id with this prefix. */
export function idSchema<P extends IdPrefix>(prefix: P): z.ZodType<Id<P>, Id<P>> {
  return z.templateLiteral([`${prefix}_`, z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/)]) as unknown as z.ZodType<Id<P>, Id<P>>; // zod's inferred type spells the same set more loosely.
}
