import { z } from 'zod';
import { Digest } from '../../core/digest.ts';
import { InvariantError, McError } from '../../core/errors.ts';
import { idSchema } from '../../core/id.ts';
import type { Deps } from '../../port/deps.ts';
import { Bundle } from '../../receipt/bundle.ts';
import type { Actor } from '../../tenant/actor.ts';
import { executionPk } from '../execution-record.ts';
import { getExecutionRecord } from '../execution-store.ts';
import { parseExecutionId } from './get-execution.ts';
import { outputsDocument } from '../run-statement.ts';
import { loadJson } from '../stored-json.ts';

const ReceiptRecord = z.object({ id: idSchema('rcpt'), bundleDigest: Digest });

export interface Receipt {
  receiptId: string;
  bundle: Bundle;
  /** The bytes whose digest is the first subject. */
  outputsDocument: string;
}

/** The receipt of a sealed run; throws `mc:execution:not-sealed` before that. */
export async function getReceipt(deps: Pick<Deps, 'table' | 'blobs'>, actor: Actor, id: string): Promise<Receipt> {
  const executionId = parseExecutionId(id);
  const head = await getExecutionRecord(deps, actor.tenant, executionId);
  if (head.receiptId === null || head.outputs === null) throw new McError('mc:execution:not-sealed', `${executionId} is ${head.state}`);
  const record = ReceiptRecord.parse(await deps.table.get({ pk: executionPk(actor.tenant, executionId), sk: 'RECEIPT' }));
  const bytes = await deps.blobs.find(actor.tenant, 'receipt', record.bundleDigest);
  if (!bytes) throw new InvariantError(`the receipt ${record.id} is gone`);
  const outputs = z.record(z.string(), z.json()).parse(await loadJson(deps, actor.tenant, head.outputs));
  return {
    receiptId: record.id,
    bundle: Bundle.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))),
    outputsDocument: outputsDocument(outputs),
  };
}
