import type { JsonObject } from '../../core/json/canonical-json.ts';
import type { WriteOp } from '../../port/table.ts';
import { homeSubjects } from '../../tenant/service-identity.ts';
import { tenantUnchangedOp } from '../../tenant/tenant-store.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import type { PurgeDeps } from './carry-out.ts';
import { noHoldOp } from '../hold/legal-hold.ts';
import { steadyNow } from '../home-clock.ts';
import { newPurge } from './new-purge.ts';
import { chunkItem, purgeItem, takenKey, type Purge, type PurgeItem, type TakenEntries, type TakenKind } from './purge-record.ts';

/** A purge that takes everything in one write. */
interface Taken {
  kind: TakenKind;
  reason: string;
  entries: TakenEntries['entries'] & readonly JsonObject[];
  /** What that write does, for the purge of this id. */
  ops: (id: Purge['id']) => readonly WriteOp[];
  /** Stored objects that are to be erased after that write. */
  objects?: readonly PurgeItem[];
}

/** Ops of that write that are not the caller's. */
export const opsOfTaking = 5;

/** Begins a purge and takes all of it in the same write, on the condition that the tenant is as it was read and has no legal hold at all; undefined when that does not hold. Throws `mc:retention:clock-moved`. */
export async function takeAtOnce(
  deps: PurgeDeps,
  owner: Tenant,
  { kind, reason, entries, ops, objects = [] }: Taken,
): Promise<Purge | undefined> {
  const { id: tenant } = owner;
  await steadyNow(deps);
  const purge = newPurge(deps, { kind, reason, startedBy: homeSubjects.retention });
  const { ok } = await deps.table.write([
    ...ops(purge.id),
    noHoldOp(tenant),
    tenantUnchangedOp(owner),
    { kind: 'put', item: purgeItem(tenant, purge), conditions: [{ kind: 'absent' }] },
    { kind: 'put', item: { ...takenKey(tenant, purge.id), entries } },
    ...(objects.length > 0 ? [{ kind: 'put', item: chunkItem(tenant, purge.id, kind, objects) } as const] : []),
  ]);
  if (!ok) return undefined;
  await deps.faults.hit('purge:after-plan');
  return purge;
}
