import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import type { AuthorityKeys } from '../../port/keys/authority-keys.ts';
import type { Table } from '../../port/table.ts';
import { keyIdOf } from '../../receipt/key-id.ts';
import { openRecordedKey } from './recorded-key.ts';
import { SoftwareAuthorityKey } from './software-authority-key.ts';

/** The keys of the home's authorities in this folder. Each is made when it is first needed; which key that is, is recorded then, because another key is another authority. */
export function authorityKeyFiles(table: Table, folder: string): AuthorityKeys {
  const keyOf = (role: string, use: string): SoftwareAuthorityKey =>
    new SoftwareAuthorityKey(() =>
      openRecordedKey(table, {
        path: join(folder, `authority-${role}.pem`),
        kind: 'P-256',
        record: { pk: 'SYS#KEYS', sk: `AUTHORITY#${role.toUpperCase()}` },
        idOf: async (key) => keyIdOf(createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()),
        use,
      }),
    );
  return {
    certificates: keyOf('certificates', 'issues certificates'),
    timestamps: keyOf('timestamps', 'signs timestamps'),
    promises: keyOf('promises', 'promises to log certificates'),
  };
}
