import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { receiptKey } from '../port/process-deps.ts';
import type { World } from '../world/world.ts';
import { textOf } from './read-item.ts';
import type { Expect, StoredRun } from './stored-run.ts';

/** Of what the engine signs, that which is checked here. */
interface Facts {
  receiptId: string;
  state: string;
  cost: { actualUsdMicros: number };
}

/** One receipt, which verifies and says what the run is. */
export function checkReceipt(world: World, { head, receipt, id }: StoredRun, expect: Expect): void {
  const bytes = world.blobs.get(`${textOf(head, 'tenant')}/receipt/${textOf(receipt, 'bundleDigest')}`);
  if (!bytes) return expect(false, 'one receipt', 'has no receipt');
  try {
    const { statement } = verifyBundle(JSON.parse(Buffer.from(bytes).toString()), {
      pem: receiptKey.pem,
      predicateType: predicateTypes.run,
    });
    const facts = statement.predicate['mc_receipt'] as unknown as Facts; // Written by the engine, read here to be judged.
    const says = [facts.receiptId, facts.state, facts.cost.actualUsdMicros].join(' ');
    const is = ['receiptId', 'state', 'actualCostUsdMicros'].map((field) => textOf(head, field)).join(' ');
    expect(says === is && receipt?.['id'] === head['receiptId'], 'one receipt', `is ${is}, its receipt says ${says}`);
    expect(JSON.stringify(statement.predicate).includes(id), 'one receipt', 'has the receipt of another run');
  } catch (error) {
    expect(false, 'one receipt', `has a receipt that does not verify: ${String(error)}`);
  }
}
