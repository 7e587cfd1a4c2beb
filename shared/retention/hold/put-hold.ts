import { z } from 'zod';
import { auditOp } from '../../audit/audit-event.ts';
import { McError } from '../../core/errors.ts';
import { getExecutionRecord } from '../../execution/execution-store.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import { reachTenant } from '../../tenant-admin/tenant-access.ts';
import { Reason } from '../../tenant-admin/tenant-settings.ts';
import type { Actor } from '../../tenant/actor.ts';
import { holdOps, HoldScope, type LegalHold } from './legal-hold.ts';

/** Body of a request for a hold; the reason stands in the audit event and in refusals. */
export const PutHold = z.strictObject({ scope: HoldScope, reason: Reason }).meta({ id: 'PutHold' });
export type PutHold = z.infer<typeof PutHold>;

type HoldDeps = Pick<Deps, 'table' | 'clock' | 'ids' | 'config'>;

/** Each lost race means that somebody else's hold on the same scope was put or released. */
const maxAttempts = 5;

/**
 * Puts a hold. From the moment that this resolves, nothing that the hold covers begins to be purged; of purges that run, what they have not taken by then stays.
 * Throws `mc:execution:purged` and `mc:execution:not-found` for a run that is not there to be held.
 */
export async function putHold(deps: HoldDeps, actor: Actor, { tenant: name, hold }: { tenant: string; hold: PutHold }): Promise<LegalHold> {
  const { id: tenant } = await reachTenant(deps, actor, name);
  const { scope, reason } = hold;
  if (scope.kind === 'execution') await getExecutionRecord(deps, tenant, scope.id);
  const id = deps.ids.next('hold');
  const put: LegalHold = { id, scope, reason, putAt: isoTime(deps.clock.now()), putBy: actor.sub, released: null };
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const audit = auditOp(deps, tenant, actor, { type: 'mc.hold.put', subject: id, reason, details: { scope } });
    if ((await deps.table.write([...(await holdOps(deps, tenant, put)), audit])).ok) {
      // Looked at once more, now that the hold stands: a run that is there now stays, and one that went in between is told as gone.
      if (scope.kind === 'execution') await getExecutionRecord(deps, tenant, scope.id);
      return put;
    }
  }
  throw new McError('mc:store:conflict', 'Others keep changing the holds of this scope; nothing was changed.');
}
