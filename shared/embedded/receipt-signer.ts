import type { Table } from '../port/table.ts';
import { openRecordedKey } from './recorded-key.ts';
import { SoftwareSigner } from './software-signer.ts';

/** The signer of a home over the key in this file; which key that is, is recorded at the first start of the home. */
export async function openReceiptSigner(table: Table, path: string): Promise<SoftwareSigner> {
  const key = await openRecordedKey(table, {
    path,
    kind: 'P-256',
    record: { pk: 'SYS#KEYS', sk: 'RECEIPT-SIGNER' },
    idOf: async (found) => (await new SoftwareSigner(found).publicKey()).keyId,
    use: 'signs',
  });
  return new SoftwareSigner(key);
}
