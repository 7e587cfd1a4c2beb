/**
 * The journal of the table: each commit is a transaction of one entry or some, on disk before it is acknowledged (journal-sync.ts). Writing texts costs a fraction of changing rows and
 * indexes all over the table's file, and of the many changes of a row within a moment only the last reaches it (apply-journal.ts). Every process that writes to the table
 * does it here, under the journal's write lock; entries are numbered without a gap, and whoever reads finds all of a commit or none.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { McError } from '../../core/errors.ts';
import { JournalSync, syncInPool, type SyncFile } from './journal-sync.ts';
import { logOf, openDatabase } from './sqlite-schema.ts';

export interface JournalEntry {
  seq: number;
  /** As of encodeChange, joined by line breaks; empty when the entry was applied long ago. */
  changes: string;
}

/** What can be read of a journal. */
export interface ReadJournal {
  /** Names the journal, so that a table knows whose numbers it has seen. */
  readonly id: string;
  /** The newest number that is known to be on the disk, 0 when nothing was ever written. A table that held more than its journal after a loss of power would take a new entry for applied. */
  readonly synced: number;
  /** The entries with larger numbers; those that are missing at the beginning were applied. */
  after(seq: number): JournalEntry[];
}

/** Commits come some 20 ms apart under load, and what one of them adds is moved within a few. */
const recyclePasses = 4;

const lastEntry = 'SELECT seq FROM journal ORDER BY seq DESC LIMIT 1';
const entriesAfter = 'SELECT seq, changes FROM journal WHERE seq > ? ORDER BY seq';

export class Journal implements ReadJournal {
  readonly id: string;
  readonly #db: DatabaseSync;
  readonly #sync: JournalSync;
  readonly #last: StatementSync;
  readonly #after: StatementSync;
  readonly #append: StatementSync;
  readonly #forget: StatementSync;
  readonly #checkpoint: StatementSync;

  /** Throws as `openDatabase` does, and when the disk fails. What is in the journal then is on the disk. */
  constructor(path: string, sync: SyncFile = syncInPool) {
    this.#db = openDatabase(path, 'journal');
    this.#db.prepare('INSERT INTO journal_id (only, id) VALUES (1, ?) ON CONFLICT DO NOTHING').run(randomUUID());
    this.id = readId(this.#db);
    this.#db.exec('PRAGMA synchronous = NORMAL');
    this.#last = this.#db.prepare(lastEntry);
    this.#after = this.#db.prepare(entriesAfter);
    this.#append = this.#db.prepare('INSERT INTO journal (seq, changes) VALUES (?, ?)');
    this.#forget = this.#db.prepare('DELETE FROM journal WHERE seq <= ? AND seq < ?');
    this.#checkpoint = this.#db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    try {
      this.#sync = new JournalSync(logOf(path), sync);
      // After a sync that failed nobody knows whether what is read from the log is on the disk. What is moved is written once more.
      this.recycleLog();
      this.syncNow();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Why nobody knows any more what the disk holds. */
  get failure(): McError | undefined {
    return this.#sync.failure;
  }

  get synced(): number {
    return this.#sync.synced;
  }

  /** Resolves when this entry, which is committed, is on the disk. */
  onDisk(seq: number): Promise<void> {
    return this.#sync.onDisk(seq);
  }

  /** Waits for the disk until it has every entry. */
  syncNow(): void {
    this.#sync.syncNow(this.last());
  }

  /** The newest number, on the disk or not yet; 0 when nothing was ever written. */
  last(): number {
    return Number(this.#last.get()?.['seq'] ?? 0);
  }

  after(seq: number): JournalEntry[] {
    return this.#after.all(seq).map(toEntry);
  }

  /** Does the work under the write lock, in one transaction; throws what it throws, and then nothing was written. */
  transact<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Within a transaction: adds an entry. */
  append(seq: number, changes: string): void {
    this.#append.run(seq, changes);
  }

  /** Within a transaction: drops entries that the table holds, up to this number. The newest stays, since it says where the numbers are. */
  forget(upTo: number): void {
    this.#forget.run(upTo, this.last());
  }

  /**
   * In a pause: drops every entry up to this number, its bytes too (a data key that was shredded must not be read from the file), and gives the disk its
   * space back.
   */
  clear(upTo: number): void {
    this.transact(() => {
      this.forget(upTo);
      this.#db.prepare("UPDATE journal SET changes = '' WHERE seq <= ?").run(upTo);
    });
    this.#db.exec('VACUUM');
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /**
   * Moves the write-ahead log of the journal into its file, and again what was committed meanwhile, without being in anybody's way. When nothing is left the next
   * commit writes the log over from its beginning: a sync of a file that does not grow has no new size to write.
   */
  recycleLog(): void {
    for (let pass = 0, before = 0; pass < recyclePasses; pass += 1) {
      // What is committed during a pass is not in its count.
      const frames = Number(this.#checkpoint.get()?.['log']);
      if (frames <= before) return;
      before = frames;
    }
  }

  close(): void {
    this.#sync.close();
    this.#db.close();
  }
}

/** The journal as it is now, read while a home may write on, and on the disk; undefined when there is none. */
export async function snapshotJournal(path: string, syncFile: SyncFile = syncInPool): Promise<ReadJournal | undefined> {
  if (!existsSync(path)) return undefined;
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  let sync: JournalSync | undefined;
  try {
    const [id, entries] = [readId(db), db.prepare(entriesAfter).all(0).map(toEntry)];
    const last = entries.at(-1)?.seq ?? 0;
    sync = new JournalSync(logOf(path), syncFile);
    await sync.onDisk(last);
    return { id, synced: last, after: (seq) => entries.filter((entry) => entry.seq > seq) };
  } finally {
    sync?.close();
    db.close();
  }
}

const readId = (db: DatabaseSync): string => String(db.prepare('SELECT id FROM journal_id').get()?.['id']);

const toEntry = (row: Record<string, unknown>): JournalEntry => ({ seq: Number(row['seq']), changes: String(row['changes']) });
