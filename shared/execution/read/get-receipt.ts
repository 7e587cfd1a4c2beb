import { identityForm, type IdentityDeps } from '../../identity/identity-form.ts';
import { withLogEntry, type ProofDeps } from '../../log/with-log-entry.ts';
import type { Deps } from '../../port/deps.ts';
import type { IdentityBundle } from '../../receipt/identity-bundle.ts';
import type { Actor } from '../../tenant/actor.ts';
import { executionPk } from '../execution-record.ts';
import { parseExecutionId } from './get-execution.ts';
import { readReceipt, type SignedReceipt } from './read-receipt.ts';

/** The receipt of a sealed run with its entry in the transparency log, the same bytes every time; throws `mc:execution:not-sealed` before that. */
export async function getReceipt(deps: ProofDeps & Pick<Deps, 'dataKeys'>, actor: Actor, id: string): Promise<SignedReceipt> {
  const receipt = await readReceipt(deps, actor, id);
  return { ...receipt, bundle: await withLogEntry(deps, receipt.bundle, receipt.leaf) };
}

/** As getReceipt, in the identity form; throws `mc:execution:not-sealed` before the run is sealed. */
export async function getReceiptIdentity(
  deps: IdentityDeps & Parameters<typeof readReceipt>[0],
  actor: Actor,
  id: string,
): Promise<{ receiptId: string; bundle: IdentityBundle }> {
  const { receiptId } = await readReceipt(deps, actor, id);
  const key = { pk: executionPk(actor.tenant, parseExecutionId(id)), sk: 'RECEIPT' };
  return { receiptId, bundle: await identityForm(deps, actor.tenant, key) };
}
