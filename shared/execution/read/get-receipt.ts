import { withLogEntry, type ProofDeps } from '../../log/with-log-entry.ts';
import type { Actor } from '../../tenant/actor.ts';
import { readReceipt, type SignedReceipt } from './read-receipt.ts';

/** The receipt of a sealed run with its entry in the transparency log, the same bytes every time; throws `mc:execution:not-sealed` before that. */
export async function getReceipt(deps: ProofDeps, actor: Actor, id: string): Promise<SignedReceipt> {
  const receipt = await readReceipt(deps, actor, id);
  return { ...receipt, bundle: await withLogEntry(deps, receipt.bundle, receipt.leaf) };
}
