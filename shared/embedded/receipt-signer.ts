import { z } from 'zod';
import { McError } from '../core/errors.ts';
import type { Key, Table } from '../port/table.ts';
import { openKeyFile } from './key-file.ts';
import { SoftwareSigner } from './software-signer.ts';

/** Which key this home signs with, from its first start on. */
const recordKey: Key = { pk: 'SYS#KEYS', sk: 'RECEIPT-SIGNER' };
const SignerRecord = z.looseObject({ keyId: z.string() });

/**
 * The signer of a home over the key in this file. The key is made at the first start of the home and never again: everything it runs is checked against what
 * that key signed. Throws `mc:key:unreadable` when the file is gone or holds another key than the table names.
 */
export async function openReceiptSigner(table: Table, path: string): Promise<SoftwareSigner> {
  const stored = await table.get(recordKey);
  const recorded = stored && SignerRecord.parse(stored).keyId;
  const refuseAnother = (): never => {
    throw new McError('mc:key:unreadable', `the key file ${path} is gone; this home signs with ${recorded}, and with no other key`);
  };
  const signer = new SoftwareSigner(recorded === undefined ? openKeyFile(path) : openKeyFile(path, refuseAnother));
  const { keyId } = await signer.publicKey();
  if (recorded === undefined) await table.write([{ kind: 'put', item: { ...recordKey, keyId }, conditions: [{ kind: 'absent' }] }]);
  else if (recorded !== keyId)
    throw new McError('mc:key:unreadable', `the key file ${path} holds the key ${keyId}, but this home signs with ${recorded}`);
  return signer;
}
