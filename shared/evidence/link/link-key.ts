/**
 * The keys that signed addresses are made with: one for each day, made when it is first needed and kept in the table for two, so that a key that got out is
 * worth little and nobody has to rotate it.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { assertInvariant } from '../../core/errors.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import type { Key } from '../../port/table.ts';

const StoredKey = z.object({ secret: z.base64() });

/** As long as the output of SHA-256 (RFC 2104 §3). */
const secretBytes = 32;

const dayMs = 24 * 3_600_000;

const keyOf = (day: string): Key => ({ pk: 'SYS#LINK-KEYS', sk: day });

/** The UTC day of a time: the name of the key of addresses that end then. */
export function linkDay(ms: number): string {
  return isoTime(ms).slice(0, 10);
}

/** The key of this day; undefined when no address was signed with one. */
export async function findLinkKey({ table }: Pick<Deps, 'table'>, day: string): Promise<Buffer | undefined> {
  const item = await table.get(keyOf(day));
  return item && Buffer.from(StoredKey.parse(item).secret, 'base64');
}

/** The key of this day, made if nobody has made it yet; callers at the same time get the same one. */
export async function openLinkKey(deps: Pick<Deps, 'table'>, day: string): Promise<Buffer> {
  const known = await findLinkKey(deps, day);
  if (known) return known;
  const ttl = Math.ceil((Date.parse(day) + 2 * dayMs) / 1_000);
  const item = { ...keyOf(day), secret: randomBytes(secretBytes).toString('base64'), ttl };
  await deps.table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }]);
  const made = await findLinkKey(deps, day);
  assertInvariant(made !== undefined, `the key of ${day} was written and is not there`);
  return made;
}
