/** The thread of applier-thread.ts: connections of its own, and one application for each message. */
import { parentPort, workerData } from 'node:worker_threads';
import { JournalApplier } from './apply-journal.ts';
import { Journal } from './journal.ts';
import { openDatabase } from './sqlite-schema.ts';

/** Pages of the table's write-ahead log that are moved into its file at once; here nobody waits for it. */
const checkpointPages = 1_000;

/**
 * Entries after which the log of the journal is moved into its file, each of them some pages: the next commit then writes the log over, and begins with a sync that
 * whoever commits waits for.
 */
const entriesPerLog = 100;

const { table, journal: journalPath } = workerData as { table: string; journal: string }; // From applier-thread.ts.
const db = openDatabase(table);
db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
const journal = new Journal(journalPath);
const applier = new JournalApplier(db, journal);
let movedAt = 0;

parentPort?.on('message', (message: 'apply' | 'close') => {
  if (message === 'close') {
    db.close();
    journal.close();
    parentPort?.close();
    return;
  }
  journal.syncNow();
  const applied = applier.apply();
  if (applied - movedAt >= entriesPerLog) {
    // Before it answers: in a pause the log is emptied next, which nobody can while it is moved.
    journal.recycleLog();
    movedAt = applied;
  }
  parentPort?.postMessage(applied);
});
