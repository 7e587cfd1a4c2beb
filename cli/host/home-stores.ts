/** Opens the stores of a data folder without an engine: what backup and restore work on, beside a home that runs or in place of one. */
import { join } from 'node:path';
import { guardedBlobs } from '../../shared/blob/guarded-blobs.ts';
import { SealedBlobs } from '../../shared/encryption/sealed-blobs.ts';
import { TableDataKeys } from '../../shared/encryption/table-data-keys.ts';
import type { HomeStores } from '../../shared/embedded/backup/restore-home.ts';
import { FileBlobs } from '../../shared/embedded/blobs/file-blobs.ts';
import { jsonLogger } from '../../shared/embedded/json-logger.ts';
import { openLogKeyFile } from '../../shared/embedded/log-key-file.ts';
import { MemoryMetrics } from '../../shared/embedded/memory-metrics.ts';
import { ReceiptSigner } from '../../shared/embedded/receipt-signer.ts';
import { SmallBlobs } from '../../shared/embedded/blobs/small-blobs.ts';
import { checkInPool } from '../../shared/embedded/software-signer.ts';
import { SqliteTable } from '../../shared/embedded/sqlite/sqlite-table.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { openWrappingKeyRing } from '../../shared/embedded/wrapping/wrapping-key-ring.ts';
import type { HomeConfig } from '../../shared/port/deps.ts';
import { noFaults } from '../../shared/port/faults.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { programVersion } from '../program-version.ts';

/** Nothing is run over these stores, so where the home stands does not matter. */
const config: HomeConfig = {
  region: 'US',
  declaredRegion: null,
  cloud: 'local',
  builderId: 'https://maestro-conductor.dev/homes/embedded',
  version: programVersion(),
  encryption: 'none',
  ownerTenant: TenantId.parse('local'),
};
/** A backup or restore seals a handful of statements. */
const messagesAtOnce = 64;

/** The same adapters as those of the home, so that both read and write the same bytes. */
export async function openHomeStores(dataDir: string): Promise<HomeStores> {
  const keys = join(dataDir, 'keys');
  // Nothing is kept in memory: the home may write what was read a moment ago.
  const table = new SqliteTable(join(dataDir, 'table.sqlite'), () => false);
  try {
    const wrappingKey = await openWrappingKeyRing(table, join(keys, 'wrapping.json'));
    const dataKeys = new TableDataKeys({ table, wrappingKey, clock: systemClock }, { messagesAtOnce });
    const sealed = new SealedBlobs(new SmallBlobs(table, new FileBlobs(join(dataDir, 'blobs'))), dataKeys);
    return {
      config,
      table,
      dataKeys,
      wrappingKey,
      blobs: guardedBlobs({ table, clock: systemClock }, sealed),
      signer: await ReceiptSigner.open(table, keys),
      logKey: await openLogKeyFile(table, join(keys, 'log.pem')),
      checkSignature: checkInPool,
      clock: systemClock,
      ids: ulidIds(systemClock),
      faults: noFaults,
      metrics: new MemoryMetrics(),
      logger: jsonLogger((line) => void process.stderr.write(line), 'maestro-conductor'),
      close: () => table.close(),
    };
  } catch (error) {
    table.close();
    throw error;
  }
}
