import type { JsonObject } from '../../core/json/canonical-json.ts';
import { isoTime } from '../../port/clock.ts';
import type { WriteOp } from '../../port/table.ts';
import { tenantUnchangedOp } from '../../tenant/tenant-store.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import type { PurgeDeps } from './carry-out.ts';
import { keeper } from './finish-purge.ts';
import { noHoldOp } from '../hold/legal-hold.ts';
import { purgeItem, takenKey, type Purge, type TakenEntries } from './purge-record.ts';

/** A purge that is one write. */
interface Taken {
  kind: 'audit' | 'keys';
  reason: string;
  entries: TakenEntries['entries'] & readonly JsonObject[];
  ops: readonly WriteOp[];
}

/** Begins a purge and takes all of it in the same write, on the condition that the tenant is as it was read and has no legal hold at all; undefined when that does not hold. */
export async function takeAtOnce(deps: PurgeDeps, owner: Tenant, { kind, reason, entries, ops }: Taken): Promise<Purge | undefined> {
  const { id: tenant } = owner;
  const purge: Purge = {
    id: deps.ids.next('purge'),
    kind,
    state: 'open',
    reason,
    startedAt: isoTime(deps.clock.now()),
    startedBy: keeper(tenant).sub,
    endedAt: null,
    runs: [],
    again: null,
    counts: null,
    manifest: null,
  };
  const { ok } = await deps.table.write([
    ...ops,
    noHoldOp(tenant),
    tenantUnchangedOp(owner),
    { kind: 'put', item: purgeItem(tenant, purge), conditions: [{ kind: 'absent' }] },
    { kind: 'put', item: { ...takenKey(tenant, purge.id), entries } },
  ]);
  return ok ? purge : undefined;
}
