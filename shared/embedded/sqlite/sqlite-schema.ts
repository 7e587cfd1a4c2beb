import { DatabaseSync } from 'node:sqlite';
import { makePrivateDatabase } from '../data-folder.ts';
import { folderError } from '../folder-error.ts';

/**
 * Bytes in a write-ahead log before SQLite checkpoints inside a commit, which stalls it by tens of ms. Threads and pauses do it before, so this only bounds the log of a
 * folder that has neither.
 */
const logBytes = 200 * 1024 * 1024;
/** Of files that are made now; others keep theirs. An entry of the journal fills many pages at once, and large ones take half the calls and copies. */
const pageBytes = { items: 8 * 1024, journal: 32 * 1024 } as const;
/** A short write of another program, such as a person's at a prompt, is waited for. */
const busyMs = 100;
/** SQLite's name for a database without a file. */
const inMemory = ':memory:';
/** Memory for SQLite's page cache of a connection. Entries of a journal are written once and read once. */
const cacheKib = { items: 32 * 1024, journal: 4 * 1024 } as const;

/** The journal lies beside its table. */
export function journalOf(table: string): string {
  return table === inMemory ? inMemory : `${table.replace(/\.sqlite$/, '')}-journal.sqlite`;
}

/** The write-ahead log that SQLite keeps beside a file; a database without a file has none. */
export const logOf = (path: string): string | undefined => (path === inMemory ? undefined : `${path}-wal`);

/**
 * Opens the file of the table or of its journal with full durability: every commit is on disk when it returns. Only this user may read the file.
 * Throws `mc:store:damaged`, `mc:store:full` or `mc:host:data-dir-unusable`.
 */
export function openDatabase(path: string, holds: keyof typeof tables = 'items'): DatabaseSync {
  if (path !== inMemory) makePrivateDatabase(path);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 5_000 });
    prepareTables(db, holds);
    // SQLite waits inside of a call, and with it the whole home; while another program holds the table, callers come again instead.
    db.exec(`PRAGMA busy_timeout = ${busyMs}`);
    return db;
  } catch (error) {
    db?.close();
    throw folderError(path, error);
  }
}

const tables = {
  items: `CREATE TABLE IF NOT EXISTS items (
      pk TEXT NOT NULL, sk TEXT NOT NULL, g1pk TEXT, g1sk TEXT, g2pk TEXT, g2sk TEXT, ttl INTEGER, body TEXT NOT NULL,
      PRIMARY KEY (pk, sk));
    CREATE INDEX IF NOT EXISTS items_gsi1 ON items (g1pk, g1sk) WHERE g1pk IS NOT NULL;
    CREATE INDEX IF NOT EXISTS items_gsi2 ON items (g2pk, g2sk) WHERE g2pk IS NOT NULL;
    CREATE TABLE IF NOT EXISTS applied (only INTEGER PRIMARY KEY CHECK (only = 1), journal TEXT NOT NULL, seq INTEGER NOT NULL);`,
  journal: `CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY, changes TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS journal_id (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL);`,
} as const;

function prepareTables(db: DatabaseSync, holds: keyof typeof tables): void {
  // What was deleted or replaced does not stay in the gaps of a page: a data key that was shredded must not be read from the file.
  db.exec('PRAGMA secure_delete = FAST');
  db.exec(`PRAGMA page_size = ${pageBytes[holds]}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${cacheKib[holds]};
    PRAGMA wal_autocheckpoint = ${logBytes / pageBytes[holds]}; PRAGMA temp_store = MEMORY;`);
  db.exec(tables[holds]);
  // A write, because SQLite opens a file that we may only read without a word, and a home that cannot write is none.
  db.exec('PRAGMA user_version = 1');
}
