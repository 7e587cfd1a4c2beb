/** The signed receipt of a decision, made when it is first asked for (a home denies more often than anybody wants proof) and the same ever after. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { assertInvariant } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Key } from '../port/table.ts';
import { Bundle } from '../receipt/bundle.ts';
import { signStatement } from '../receipt/sign-statement.ts';
import { predicateTypes } from '../receipt/statement.ts';
import { verifyBundle } from '../receipt/verify-bundle.ts';
import type { Actor } from '../tenant/actor.ts';
import type { Decision } from './decision.ts';
import { buildDecisionStatement } from './decision-statement.ts';
import { getDecision, loneDecisionPk } from './decision-store.ts';

const ReceiptItem = z.object({ bundleDigest: Digest });

type ReceiptDeps = Pick<Deps, 'table' | 'blobs' | 'signer' | 'config' | 'clock'>;

const receiptKey = (tenant: TenantId, { id }: Decision): Key => ({ pk: loneDecisionPk(tenant, id), sk: 'RECEIPT' });

/** The receipt of this tenant's decision; throws `mc:decision:not-found`. */
export async function getDecisionReceipt(deps: ReceiptDeps, actor: Actor, id: string): Promise<Bundle> {
  const decision = await getDecision(deps, actor.tenant, id);
  const kept = await findReceipt(deps, actor.tenant, decision);
  if (kept) return kept;
  const signed = await signStatement(deps.signer, buildDecisionStatement(deps.config, decision));
  verifyBundle(signed, { pem: (await deps.signer.publicKey()).pem, predicateType: predicateTypes.decision });
  const bundleDigest = await deps.blobs.put(actor.tenant, 'receipt', Buffer.from(JSON.stringify(signed)));
  const item = { ...receiptKey(actor.tenant, decision), bundleDigest, signedAt: isoTime(deps.clock.now()) };
  const { ok } = await deps.table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }]);
  if (ok) return signed;
  const winner = await findReceipt(deps, actor.tenant, decision);
  assertInvariant(winner !== undefined, `the receipt of ${id} is there and cannot be read`);
  return winner;
}

async function findReceipt({ table, blobs }: ReceiptDeps, tenant: TenantId, decision: Decision): Promise<Bundle | undefined> {
  const item = await table.get(receiptKey(tenant, decision));
  if (!item) return undefined;
  const bytes = await blobs.find(tenant, 'receipt', ReceiptItem.parse(item).bundleDigest);
  return bytes && Bundle.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
