/** The signed receipt of a decision, made when it is first asked for (a home denies more often than anybody wants proof) and the same ever after. */
import { identityForm, type IdentityDeps } from '../identity/identity-form.ts';
import type { Deps } from '../port/deps.ts';
import type { Bundle } from '../receipt/bundle.ts';
import type { IdentityBundle } from '../receipt/identity-bundle.ts';
import type { Statement } from '../receipt/statement.ts';
import { signOnce, type SignOnceDeps } from '../receipt/sign-once.ts';
import type { Actor } from '../tenant/actor.ts';
import { buildDecisionStatement } from './decision-statement.ts';
import { getDecision, loneDecisionPk } from './decision-store.ts';

type ReceiptDeps = SignOnceDeps & Pick<Deps, 'config'>;

/** The receipt of this tenant's decision; throws `mc:decision:not-found`. */
export async function getDecisionReceipt(deps: ReceiptDeps, { tenant }: Actor, id: string): Promise<Bundle> {
  const decision = await getDecision(deps, tenant, id);
  const build = (): Statement => buildDecisionStatement(deps.config, decision);
  return signOnce(deps, tenant, { pk: loneDecisionPk(tenant, decision.id), sk: 'RECEIPT' }, { build });
}

/** As getDecisionReceipt, in the identity form. */
export async function getDecisionIdentity(deps: IdentityDeps, actor: Actor, id: string): Promise<IdentityBundle> {
  await getDecisionReceipt(deps, actor, id);
  const decision = await getDecision(deps, actor.tenant, id);
  return identityForm(deps, actor.tenant, { pk: loneDecisionPk(actor.tenant, decision.id), sk: 'RECEIPT' });
}
