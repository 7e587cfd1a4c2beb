import { z } from 'zod';
import { auditOp } from '../../audit/audit-event.ts';
import { McError } from '../../core/errors.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import { reachTenant } from '../../tenant-admin/tenant-access.ts';
import { Reason } from '../../tenant-admin/tenant-settings.ts';
import type { Actor } from '../../tenant/actor.ts';
import { holdKey, holdOps, readHold, type LegalHold } from './legal-hold.ts';

/** Body of a request to release a hold. */
export const ReleaseHold = z
  .strictObject({ hold: z.string().min(1).max(160).describe('Id of the hold, `hold_…`'), reason: Reason })
  .meta({ id: 'ReleaseHold' });
export type ReleaseHold = z.infer<typeof ReleaseHold>;

const maxAttempts = 5;

/** Releases a hold; one that was released already is answered as it is. Throws `mc:retention:not-found`. */
export async function releaseHold(
  deps: Pick<Deps, 'table' | 'clock' | 'ids' | 'config'>,
  actor: Actor,
  { tenant: name, release }: { tenant: string; release: ReleaseHold },
): Promise<LegalHold> {
  const { id: tenant } = await reachTenant(deps, actor, name);
  const { hold: id, reason } = release;
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const item = await deps.table.get(holdKey(tenant, id));
    if (!item) throw new McError('mc:retention:not-found', `There is no hold ${id}.`);
    const hold = readHold(item);
    if (hold.released) return hold;
    const released: LegalHold = { ...hold, released: { at: isoTime(deps.clock.now()), by: actor.sub, reason } };
    const audit = auditOp(deps, tenant, actor, { type: 'mc.hold.release', subject: hold.id, reason, details: { scope: hold.scope } });
    if ((await deps.table.write([...(await holdOps(deps, tenant, released)), audit])).ok) return released;
  }
  throw new McError('mc:store:conflict', 'Others keep changing the holds of this scope; nothing was changed.');
}
