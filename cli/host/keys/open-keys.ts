import { join } from 'node:path';
import { authorityKeyFiles } from '../../../shared/embedded/keys/authority-key-files.ts';
import { openLogKeyFile } from '../../../shared/embedded/keys/log-key-file.ts';
import { ReceiptSigner } from '../../../shared/embedded/keys/receipt-signer.ts';
import type { SigningThread } from '../../../shared/embedded/keys/signing-thread.ts';
import { WrappingKeyFiles } from '../../../shared/embedded/wrapping/wrapping-key-files.ts';
import { openWrappingKeyRing } from '../../../shared/embedded/wrapping/wrapping-key-ring.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { Table } from '../../../shared/port/table.ts';

export type Keys = Pick<Deps, 'wrappingKey' | 'wrappingKeys' | 'signer' | 'signingKeys' | 'logKey' | 'authority'>;

/** Every key of the home, in files of this folder; which ones they are stands in the table. Throws `mc:key:unreadable`. */
export async function openKeys(table: Table, folder: string, thread?: SigningThread): Promise<Keys> {
  const ring = join(folder, 'wrapping.json');
  const wrappingKey = await openWrappingKeyRing(table, ring);
  const signer = await ReceiptSigner.open(table, folder, thread);
  return {
    wrappingKey,
    wrappingKeys: new WrappingKeyFiles(wrappingKey, ring),
    signer,
    signingKeys: signer,
    logKey: await openLogKeyFile(table, join(folder, 'log.pem')),
    authority: authorityKeyFiles(table, folder),
  };
}
