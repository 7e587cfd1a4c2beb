import { z } from 'zod';
import { getReceipt } from '../../shared/execution/read/get-receipt.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { verifyBundle } from '../../shared/receipt/verify-bundle.ts';
import type { Actor } from '../../shared/tenant/actor.ts';

const Facts = z.object({
  mc_receipt: z.looseObject({
    state: z.string(),
    steps: z.object({ entries: z.array(z.looseObject({ task: z.string(), state: z.string() })) }),
    cost: z.object({ estimatedUsdMicros: z.int(), actualUsdMicros: z.int() }),
  }),
});
export type RunReceiptFacts = z.infer<typeof Facts>['mc_receipt'];

/** Our own part of the receipt of a run, after its signature was verified with the key of the home. */
export async function readRunReceipt(deps: Deps, actor: Actor, id: string): Promise<RunReceiptFacts> {
  const { pem } = await deps.signer.publicKey();
  const { statement } = verifyBundle((await getReceipt(deps, actor, id)).bundle, { pem });
  return Facts.parse(statement.predicate).mc_receipt;
}
