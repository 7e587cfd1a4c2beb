import { z } from 'zod';
import type { ErrorCode } from '../core/error-catalog/error-catalog.ts';
import { McError } from '../core/errors.ts';
import { idSchema } from '../core/id.ts';
import { isoTime } from '../port/clock.ts';

/** Which purge took something of a run, when and by what rule. */
export const PurgeMark = z.object({ purge: idSchema('purge'), rule: z.string(), at: z.int().nonnegative() });
export type PurgeMark = z.infer<typeof PurgeMark>;

/** What an operation answers about a purged run, the purged part of a run, or a purged denial. */
export function purgedError(
  id: string,
  { rule, purge, at }: PurgeMark,
  what = 'the execution',
  code: Extract<ErrorCode, `${string}:purged`> = 'mc:execution:purged',
): McError {
  return new McError(code, `${id}: ${what} was purged at ${isoTime(at)} by the rule "${rule}" (${purge})`);
}
