import { backup, DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { McError } from '../../core/errors.ts';
import { headKey, LogHead } from '../../log/log-store.ts';
import type { Key } from '../../port/table.ts';
import { makePrivateDatabase } from '../data-folder.ts';
import { folderError } from '../folder-error.ts';
import { JournalApplier } from '../sqlite/apply-journal.ts';
import { snapshotJournal } from '../sqlite/journal.ts';
import { journalOf } from '../sqlite/sqlite-schema.ts';

/** Pages a step: about 8 MB, between which the copy gives other threads a turn. */
const pagesPerStep = 1_024;

/** What the table says of itself at the moment of the copy. */
export interface TableCopy {
  takenAt: number;
  layout: number;
  logOrigin: string;
  logHead: LogHead | undefined;
}

const LogRecord = z.looseObject({ keyId: z.string() });
const Row = z.object({ body: z.string() });
const Layout = z.object({ user_version: z.int() });

/**
 * Copies the table as it is at one moment, while the home writes on: what the journal holds is read first, then an open reading transaction pins the table's file, so
 * that not one of the writes since makes the copy begin again. The file holds what the journal had already dropped, and the copy gets what the file still lacks.
 */
export async function copyTable(from: string, to: string, now: () => number): Promise<TableCopy> {
  let source: DatabaseSync | undefined;
  let copy: DatabaseSync | undefined;
  try {
    const takenAt = now();
    const journal = await snapshotJournal(journalOf(from));
    source = new DatabaseSync(from, { readOnly: true, timeout: 5_000 });
    source.exec('BEGIN');
    const { user_version: layout } = Layout.parse(source.prepare('PRAGMA user_version').get());
    makePrivateDatabase(to);
    await backup(source, to, { rate: pagesPerStep });
    copy = new DatabaseSync(to);
    if (journal) new JournalApplier(copy, journal).apply();
    // Without a write-ahead log beside it the copy is one file, and opening it for reading changes nothing.
    copy.exec('PRAGMA journal_mode = DELETE');
    const log = readRow(copy, { pk: 'SYS#KEYS', sk: 'LOG' });
    if (log === undefined) throw new McError('mc:backup:not-found', `${from} is not the table of a home that has run`);
    const head = readRow(copy, headKey);
    return { takenAt, layout, logOrigin: LogRecord.parse(log).keyId, logHead: head === undefined ? undefined : LogHead.parse(head) };
  } catch (error) {
    throw folderError(to, error);
  } finally {
    copy?.close();
    source?.close();
  }
}

/** Throws `mc:backup:invalid` for a file that is no whole SQLite database; it is not changed. */
export function checkTableFile(path: string): void {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    const { quick_check: found } = z.object({ quick_check: z.string() }).parse(db.prepare('PRAGMA quick_check(1)').get());
    if (found !== 'ok') throw new McError('mc:backup:invalid', `the table of the backup is damaged: ${found}`);
  } catch (cause) {
    if (cause instanceof McError) throw cause;
    throw new McError('mc:backup:invalid', `the table of the backup cannot be opened: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  } finally {
    db?.close();
  }
}

function readRow(db: DatabaseSync, { pk, sk }: Key): unknown {
  const row = db.prepare('SELECT body FROM items WHERE pk = ? AND sk = ?').get(pk, sk);
  return row === undefined ? undefined : JSON.parse(Row.parse(row).body);
}
