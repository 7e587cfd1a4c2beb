import { logIdentity } from '../../log/log-identity.ts';
import type { Table } from '../../port/table.ts';
import { openRecordedKey } from './recorded-key.ts';
import { SoftwareLogKey } from './software-log-key.ts';

/** The key of the home's log over this file; which key that is, is recorded at the first start, because another key is another log. */
export async function openLogKeyFile(table: Table, path: string): Promise<SoftwareLogKey> {
  const key = await openRecordedKey(table, {
    path,
    kind: 'Ed25519',
    record: { pk: 'SYS#KEYS', sk: 'LOG' },
    idOf: async (found) => logIdentity(await new SoftwareLogKey(found).publicKey()).origin,
    use: 'keeps its log',
  });
  return new SoftwareLogKey(key);
}
