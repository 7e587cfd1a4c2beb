/** Opens the stores of a data folder without an engine: what backup and restore work on, beside a home that runs or in place of one. */
import { join } from 'node:path';
import { printableJson } from '../../shared/core/text/printable.ts';
import type { HomeStores } from '../../shared/embedded/backup/restore-home.ts';
import { jsonLogger } from '../../shared/embedded/json-logger.ts';
import { MemoryMetrics } from '../../shared/embedded/memory-metrics.ts';
import { checkInPool } from '../../shared/embedded/keys/software-signer.ts';
import { SqliteTable } from '../../shared/embedded/sqlite/sqlite-table.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { noFaults } from '../../shared/port/faults.ts';
import { homeConfig } from './home-config.ts';
import { openStores } from './keys/open-stores.ts';

/** A backup or restore seals a handful of statements. */
const messagesAtOnce = 64;

/** The same adapters as those of the home, so that both read and write the same bytes. */
export async function openHomeStores(dataDir: string): Promise<HomeStores> {
  // Nothing is kept in memory: the home may write what was read a moment ago.
  const table = new SqliteTable(join(dataDir, 'table.sqlite'), { keepsRecent: () => false });
  try {
    return {
      // Nothing is run over these stores, so what the operator says of the home does not matter.
      config: homeConfig(),
      table,
      ...(await openStores(table, { dataDir, messagesAtOnce })),
      checkSignature: checkInPool,
      clock: systemClock,
      ids: ulidIds(systemClock),
      faults: noFaults,
      metrics: new MemoryMetrics(),
      logger: jsonLogger((line) => void process.stderr.write(printableJson(line)), 'maestro-conductor'),
      close: () => table.close(),
    };
  } catch (error) {
    table.close();
    throw error;
  }
}
