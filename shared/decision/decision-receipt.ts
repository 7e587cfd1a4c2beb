/** The signed receipt of a decision, made when it is first asked for (a home denies more often than anybody wants proof) and the same ever after. */
import type { Deps } from '../port/deps.ts';
import type { Bundle } from '../receipt/bundle.ts';
import { signOnce, type SignOnceDeps } from '../receipt/sign-once.ts';
import type { Actor } from '../tenant/actor.ts';
import { buildDecisionStatement } from './decision-statement.ts';
import { getDecision, loneDecisionPk } from './decision-store.ts';

type ReceiptDeps = SignOnceDeps & Pick<Deps, 'config'>;

/** The receipt of this tenant's decision; throws `mc:decision:not-found`. */
export async function getDecisionReceipt(deps: ReceiptDeps, { tenant }: Actor, id: string): Promise<Bundle> {
  const decision = await getDecision(deps, tenant, id);
  return signOnce(deps, tenant, { pk: loneDecisionPk(tenant, decision.id), sk: 'RECEIPT' }, () =>
    buildDecisionStatement(deps.config, decision),
  );
}
