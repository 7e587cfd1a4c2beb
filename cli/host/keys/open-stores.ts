import { join } from 'node:path';
import { guardedBlobs } from '../../../shared/blob/guarded-blobs.ts';
import { FileBlobs } from '../../../shared/embedded/blobs/file-blobs.ts';
import { SmallBlobs } from '../../../shared/embedded/blobs/small-blobs.ts';
import type { SigningThread } from '../../../shared/embedded/keys/signing-thread.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { SealedBlobs } from '../../../shared/encryption/sealed-blobs.ts';
import { TableDataKeys } from '../../../shared/encryption/table-data-keys.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { openKeys, type Keys } from './open-keys.ts';

/** The keys and the blobs of a data folder, over its table: whoever opens it reads and writes the same bytes. Throws `mc:key:unreadable`. */
export async function openStores(
  table: Deps['table'],
  { dataDir, messagesAtOnce, thread }: { dataDir: string; messagesAtOnce: number; thread?: SigningThread },
): Promise<Keys & Pick<Deps, 'dataKeys' | 'blobs'>> {
  const keys = await openKeys(table, join(dataDir, 'keys'), thread);
  const dataKeys = new TableDataKeys({ table, wrappingKey: keys.wrappingKey, clock: systemClock }, { messagesAtOnce });
  const sealed = new SealedBlobs(new SmallBlobs(table, new FileBlobs(join(dataDir, 'blobs'))), dataKeys);
  return { ...keys, dataKeys, blobs: guardedBlobs({ table, clock: systemClock }, sealed) };
}
