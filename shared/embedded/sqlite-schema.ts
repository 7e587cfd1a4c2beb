import { DatabaseSync } from 'node:sqlite';

/** Pages in the write-ahead log before SQLite checkpoints by itself: rare, because a checkpoint stalls a commit by tens of ms. */
const autocheckpointPages = 8_000;
/** Memory for SQLite's page cache; the whole home stays under 512 MB in a burst of 5,000. */
const cacheKib = 32 * 1024;

/** Opens the table's file with full durability: every commit is on disk before it is acknowledged. */
export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5_000 });
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${cacheKib};
    PRAGMA wal_autocheckpoint = ${autocheckpointPages}; PRAGMA temp_store = MEMORY;`);
  db.exec(`CREATE TABLE IF NOT EXISTS items (
      pk TEXT NOT NULL, sk TEXT NOT NULL, g1pk TEXT, g1sk TEXT, g2pk TEXT, g2sk TEXT, ttl INTEGER, body TEXT NOT NULL,
      PRIMARY KEY (pk, sk));
    CREATE INDEX IF NOT EXISTS items_gsi1 ON items (g1pk, g1sk) WHERE g1pk IS NOT NULL;
    CREATE INDEX IF NOT EXISTS items_gsi2 ON items (g2pk, g2sk) WHERE g2pk IS NOT NULL;`);
  return db;
}
