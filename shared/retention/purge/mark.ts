/** Where the walk over something of a tenant begins: everything before it has gone, or goes with something else. */
import { z } from 'zod';
import type { TenantId } from '../../core/tenant-id.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import type { Key } from '../../port/table.ts';
import { dayMs, type RunKind } from '../../tenant/retention.ts';

/** What is walked over. */
type Walk = RunKind | 'uploads' | 'decisions';

const Mark = z.object({ from: z.string() });
const markKey = (tenant: TenantId, walk: Walk): Key => ({ pk: `T#${tenant}#RETENTION`, sk: `MARK#${walk}` });

/** Where the last whole walk said that the next one begins; undefined before the first, and when the clock went back since the last. */
export async function readMark({ table, clock }: Pick<Deps, 'table' | 'clock'>, tenant: TenantId, walk: Walk): Promise<string | undefined> {
  const item = await table.get(markKey(tenant, walk));
  const from = item && Mark.parse(item).from;
  if (from === undefined || walk === 'decisions') return from;
  // Everything is kept for a day at least. What began since such a mark was made with a clock that was ahead lies before it, and the walk would pass over it for ever.
  return from > isoTime(clock.now() - dayMs) ? undefined : from;
}

/** Remembers where the next walk begins. */
export async function writeMark({ table }: Pick<Deps, 'table'>, tenant: TenantId, walk: Walk, from: string): Promise<void> {
  await table.putMany([{ ...markKey(tenant, walk), from }]);
}
