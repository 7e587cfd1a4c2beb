import { auditOp } from '../audit/audit-event.ts';
import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { OwnPack } from '../port/policy-engine.ts';
import type { Actor } from '../tenant/actor.ts';
import { changeTenantOp, getTenant } from '../tenant/tenant-store.ts';

/** Each lost race means that somebody else changed the tenant. */
const maxAttempts = 5;

/**
 * Takes a tenant's own pack out of judging. Its versions, their signatures and what they decided stay; pushing a greater version brings it back. Throws
 * `mc:policy:pack-not-found` for a pack that does not judge, shipped ones among them: nobody retires those.
 */
export async function retirePack(
  deps: Pick<Deps, 'table' | 'clock' | 'ids' | 'config'>,
  actor: Actor,
  { name, reason }: { name: string; reason: string },
): Promise<OwnPack> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const tenant = await getTenant(deps, actor.tenant);
    const pack = tenant.packs.find((own) => own.name === name);
    if (!pack) throw new McError('mc:policy:pack-not-found', `The tenant has no pack ${name} of its own that judges.`);
    const { [name]: _data, ...data } = tenant.data;
    const packs = tenant.packs.filter((own) => own !== pack);
    const details = { version: pack.version, digest: pack.digest };
    const audit = auditOp(deps, tenant.id, actor, { type: 'mc.policy.retire', subject: `${name}@${pack.version}`, reason, details });
    if ((await deps.table.write([changeTenantOp({ ...tenant, packs, data }), audit])).ok) return pack;
  }
  throw new McError('mc:store:conflict', `The tenant was changed ${maxAttempts} times while ${name} was retired; nothing was changed.`);
}
