/** Brings the rows of the table up to the journal: by its thread under load, by the table itself in a pause, and when a folder is opened after a crash. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { McError } from '../../core/errors.ts';
import { itemId } from '../../port/table-rules.ts';
import type { ReadJournal } from './journal.ts';
import { decodeChanges, mergeChanges, type StoredChange } from './stored-change.ts';

/** Applies entries of one journal to one table. */
export class JournalApplier {
  readonly #db: DatabaseSync;
  readonly #journal: ReadJournal;
  readonly #applied: StatementSync;
  readonly #setApplied: StatementSync;
  readonly #insert: StatementSync;
  readonly #put: StatementSync;
  readonly #body: StatementSync;
  readonly #delete: StatementSync;

  constructor(db: DatabaseSync, journal: ReadJournal) {
    this.#db = db;
    this.#journal = journal;
    this.#applied = db.prepare('SELECT journal, seq FROM applied');
    this.#setApplied = db.prepare(
      'INSERT INTO applied (only, journal, seq) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET journal = excluded.journal, seq = excluded.seq',
    );
    const insert = 'INSERT INTO items (pk, sk, g1pk, g1sk, g2pk, g2sk, ttl, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
    this.#insert = db.prepare(insert);
    this.#put = db.prepare(
      `${insert}
       ON CONFLICT (pk, sk) DO UPDATE SET g1pk = excluded.g1pk, g1sk = excluded.g1sk, g2pk = excluded.g2pk, g2sk = excluded.g2sk,
         ttl = excluded.ttl, body = excluded.body`,
    );
    // In place SQLite need not touch the indexes.
    this.#body = db.prepare('UPDATE items SET body = ? WHERE pk = ? AND sk = ?');
    this.#delete = db.prepare('DELETE FROM items WHERE pk = ? AND sk = ?');
  }

  /**
   * Applies every entry that is on the disk and that the table lacks, in one synced transaction, and answers the newest number that it holds. Whoever comes second finds
   * nothing to do.
   */
  apply(): number {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const before = this.#seen();
      const { synced } = this.#journal;
      const entries = this.#journal.after(before).filter(({ seq }) => seq <= synced);
      for (const change of merged(entries.flatMap(({ changes }) => (changes === '' ? [] : decodeChanges(changes))))) this.#store(change);
      const now = entries.at(-1)?.seq ?? before;
      if (now !== before) this.#setApplied.run(this.#journal.id, now);
      this.#db.exec('COMMIT');
      return now;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** The newest number of this journal that the table holds. A table that was copied without its journal begins with that of the folder it is in. */
  #seen(): number {
    const row = this.#applied.get();
    if (row?.['journal'] === this.#journal.id) return Number(row['seq']);
    if (this.#journal.after(0).some(({ changes }) => changes !== ''))
      throw new McError('mc:store:damaged', 'the journal beside the table belongs to another table');
    this.#setApplied.run(this.#journal.id, this.#journal.synced);
    return this.#journal.synced;
  }

  #store({ kind, pk, sk, g1pk, g1sk, g2pk, g2sk, ttl, body }: StoredChange): void {
    if (kind === 'delete') this.#delete.run(pk, sk);
    else if (kind === 'body') this.#body.run(body, pk, sk);
    else (kind === 'insert' ? this.#insert : this.#put).run(pk, sk, g1pk, g1sk, g2pk, g2sk, ttl, body);
  }
}

/** Of many changes of one row, what they come to. */
function merged(changes: readonly StoredChange[]): Iterable<StoredChange> {
  const rows = new Map<string, StoredChange>();
  for (const change of changes) {
    const id = itemId(change);
    const earlier = rows.get(id);
    rows.set(id, earlier === undefined ? change : mergeChanges(earlier, change));
  }
  return rows.values();
}
