/** Where the walk over something of a tenant begins: everything before it has gone, or goes with something else. */
import { z } from 'zod';
import type { TenantId } from '../../core/tenant-id.ts';
import type { Deps } from '../../port/deps.ts';
import type { Key } from '../../port/table.ts';
import type { RunKind } from '../../tenant/retention.ts';

/** What is walked over. */
type Walk = RunKind | 'uploads' | 'decisions';

const Mark = z.object({ from: z.string() });
const markKey = (tenant: TenantId, walk: Walk): Key => ({ pk: `T#${tenant}#RETENTION`, sk: `MARK#${walk}` });

/** Where the last whole walk said that the next one begins; undefined before the first. */
export async function readMark({ table }: Pick<Deps, 'table'>, tenant: TenantId, walk: Walk): Promise<string | undefined> {
  const item = await table.get(markKey(tenant, walk));
  return item && Mark.parse(item).from;
}

/** Remembers where the next walk begins. */
export async function writeMark({ table }: Pick<Deps, 'table'>, tenant: TenantId, walk: Walk, from: string): Promise<void> {
  await table.putMany([{ ...markKey(tenant, walk), from }]);
}
