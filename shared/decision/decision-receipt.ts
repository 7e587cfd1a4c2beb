/** The signed receipt of a decision, made when it is first asked for (a home denies more often than anybody wants proof) and the same ever after. */
import { identityForm, type IdentityDeps } from '../identity/identity-form.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Key, WriteOp } from '../port/table.ts';
import type { Bundle } from '../receipt/bundle.ts';
import type { IdentityBundle } from '../receipt/identity-bundle.ts';
import type { Statement } from '../receipt/statement.ts';
import { signOnce, type SignOnceDeps } from '../receipt/sign/sign-once.ts';
import type { Actor } from '../tenant/actor.ts';
import type { Decision } from './decision.ts';
import { buildDecisionStatement } from './decision-statement.ts';
import { findStored, getDecision, loneDecisionPk } from './decision-store.ts';

/** The row of the receipt, in the partition that the decision has for itself. */
export const decisionReceiptSk = 'RECEIPT';

type ReceiptDeps = SignOnceDeps & Pick<Deps, 'config'>;

/** The receipt of this tenant's decision; throws `mc:decision:not-found`. */
export async function getDecisionReceipt(deps: ReceiptDeps, { tenant }: Actor, id: string): Promise<Bundle> {
  const { key, decision } = await findStored(deps, tenant, id);
  const build = (): Statement => buildDecisionStatement(deps.config, decision);
  // What was purged since it was read gets no receipt any more: nobody would come again to purge that.
  const isThere: WriteOp = { kind: 'check', key, conditions: [{ kind: 'present' }] };
  return signOnce(deps, tenant, receiptKey(tenant, decision.id), { build, alongside: [isThere] });
}

/** As getDecisionReceipt, in the identity form. */
export async function getDecisionIdentity(deps: IdentityDeps, actor: Actor, id: string): Promise<IdentityBundle> {
  await getDecisionReceipt(deps, actor, id);
  const decision = await getDecision(deps, actor.tenant, id);
  return identityForm(deps, actor.tenant, receiptKey(actor.tenant, decision.id));
}

function receiptKey(tenant: TenantId, id: Decision['id']): Key {
  return { pk: loneDecisionPk(tenant, id), sk: decisionReceiptSk };
}
