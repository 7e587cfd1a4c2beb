import { z } from 'zod';
import { Digest } from '../../core/digest.ts';
import { InvariantError, McError } from '../../core/errors.ts';
import { idSchema } from '../../core/id.ts';
import { LeafName } from '../../log/log-store.ts';
import type { Deps } from '../../port/deps.ts';
import { Bundle } from '../../receipt/bundle.ts';
import type { Actor } from '../../tenant/actor.ts';
import { executionPk } from '../execution-record.ts';
import { getExecutionRecord } from '../execution-store.ts';
import { outputsDocument } from '../run-statement.ts';
import { loadJson } from '../stored-json.ts';
import { parseExecutionId } from './get-execution.ts';

/** A receipt of before the transparency log has no leaf, and stays valid without an entry. */
const ReceiptRecord = z.object({ id: idSchema('rcpt'), bundleDigest: Digest, leaf: LeafName.optional() });

export interface SignedReceipt {
  receiptId: string;
  bundle: Bundle;
  /** The name of its entry in the transparency log. */
  leaf: string | undefined;
  /** The bytes whose digest is the first subject; null when they were purged before the receipt. */
  outputsDocument: string | null;
}

/** The receipt of a sealed run as it was signed; throws `mc:execution:not-sealed` before that. */
export async function readReceipt(deps: Pick<Deps, 'table' | 'blobs' | 'dataKeys'>, actor: Actor, id: string): Promise<SignedReceipt> {
  const executionId = parseExecutionId(id);
  const head = await getExecutionRecord(deps, actor.tenant, executionId);
  if (head.receiptId === null || head.outputs === null) throw new McError('mc:execution:not-sealed', `${executionId} is ${head.state}`);
  const record = ReceiptRecord.parse(await deps.table.get({ pk: executionPk(actor.tenant, executionId), sk: 'RECEIPT' }));
  const bytes = await deps.blobs.find(actor.tenant, 'receipt', record.bundleDigest);
  if (!bytes) throw new InvariantError(`the receipt ${record.id} is gone`);
  const outputs = head.dataPurge ? null : z.record(z.string(), z.json()).parse(await loadJson(deps, actor.tenant, head.outputs));
  return {
    receiptId: record.id,
    bundle: Bundle.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))),
    leaf: record.leaf,
    outputsDocument: outputs && outputsDocument(outputs),
  };
}
