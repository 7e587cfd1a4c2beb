/** The rows of the table as SQLite stores them; what they mean was decided before. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { sqliteProblem } from '../sqlite-problem.ts';

/** Index keys and expiry of a row. */
export interface RowKeys {
  gsi1pk: string | null;
  gsi1sk: string | null;
  gsi2pk: string | null;
  gsi2sk: string | null;
  ttl: number | null;
}

/** One row to be written. Plain data, so that it can go to another thread. */
export type RowChange =
  /** Fails with SQLite's 1555 when the row is there. */
  | ({ kind: 'insert'; pk: string; sk: string; body: string } & RowKeys)
  | ({ kind: 'put'; pk: string; sk: string; body: string } & RowKeys)
  /** The row is there and keeps its index keys, so SQLite need not touch the indexes. */
  | { kind: 'replace'; pk: string; sk: string; body: string }
  | { kind: 'delete'; pk: string; sk: string }
  /** Fails as an insert does when the row is there. */
  | { kind: 'absent'; pk: string; sk: string };

/** SQLite's extended code of a row whose primary key is taken. */
export const primaryKeyTaken = 1555;

class RowIsThere extends Error {
  readonly errcode = primaryKeyTaken;
}

export class RowStore {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #put: StatementSync;
  readonly #replace: StatementSync;
  readonly #delete: StatementSync;
  readonly #find: StatementSync;

  constructor(db: DatabaseSync) {
    const insert = 'INSERT INTO items (pk, sk, g1pk, g1sk, g2pk, g2sk, ttl, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
    this.#db = db;
    this.#insert = db.prepare(insert);
    this.#put = db.prepare(
      `${insert} ON CONFLICT (pk, sk) DO UPDATE SET g1pk = excluded.g1pk, g1sk = excluded.g1sk, g2pk = excluded.g2pk, g2sk = excluded.g2sk,
         ttl = excluded.ttl, body = excluded.body`,
    );
    this.#replace = db.prepare('UPDATE items SET body = ? WHERE pk = ? AND sk = ?');
    this.#delete = db.prepare('DELETE FROM items WHERE pk = ? AND sk = ?');
    this.#find = db.prepare('SELECT 1 FROM items WHERE pk = ? AND sk = ?');
  }

  /** Stores all of them in one transaction that is on disk when this returns; throws SQLite's error when nothing of it was stored. */
  store(changes: readonly RowChange[]): void {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      for (const change of changes) this.#write(change);
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Moves the write-ahead log into the table. */
  checkpoint(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      // Nothing is lost: the log keeps what the table has no room for, and the next pause tries again.
      if (sqliteProblem(error) === undefined) throw error;
    }
  }

  #write(change: RowChange): void {
    const { kind, pk, sk } = change;
    if (kind === 'replace') this.#replace.run(change.body, pk, sk);
    else if (kind === 'delete') this.#delete.run(pk, sk);
    else if (kind === 'absent') {
      if (this.#find.get(pk, sk)) throw new RowIsThere();
    } else {
      const statement = kind === 'insert' ? this.#insert : this.#put;
      statement.run(pk, sk, change.gsi1pk, change.gsi1sk, change.gsi2pk, change.gsi2sk, change.ttl, change.body);
    }
  }
}
