import type { DatabaseSync } from 'node:sqlite';
import { RowStore, type RowChange } from './row-store.ts';

/** Who stores rows for the table; one transaction at a time. */
export interface RowWriter {
  /** Stores all in one durable transaction; rejects with SQLite's error (`errcode`) when nothing was stored. */
  store(changes: readonly RowChange[]): Promise<void>;
  /** Moves the write-ahead log into the table, in a pause. */
  checkpoint(): void;
  close(): Promise<void>;
}

/** Stores rows on the connection that reads them, in this thread. */
export function localRowWriter(db: DatabaseSync): RowWriter {
  const rows = new RowStore(db);
  return {
    store: async (changes) => rows.store(changes),
    checkpoint: () => rows.checkpoint(),
    close: async () => undefined,
  };
}
