/**
 * The thread that stores rows: SQLite, the kernel and the disk take a third of the time of a run, and here they take it from another core. It
 * knows nothing of conditions; those were judged before, and nobody else writes.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InvariantError } from '../../core/errors.ts';
import { systemErrorField } from '../system-error.ts';
import { RowStore } from './row-store.ts';
import { openDatabase } from './sqlite-schema.ts';
import type { FromThread, ToThread } from './row-thread-messages.ts';

const port = parentPort;
if (!port || typeof workerData !== 'string') throw new InvariantError('this file runs as a thread of the table, with its path');

const db = openDatabase(workerData);
const rows = new RowStore(db);

function store(changes: Parameters<RowStore['store']>[0]): FromThread {
  try {
    rows.store(changes);
    return { kind: 'stored' };
  } catch (error) {
    const errcode = systemErrorField(error, 'errcode');
    return { kind: 'failed', message: String(error), errcode: typeof errcode === 'number' ? errcode : undefined };
  }
}

port.on('message', (message: ToThread) => {
  if (message.kind === 'store') port.postMessage(store(message.changes));
  else if (message.kind === 'checkpoint') rows.checkpoint();
  else {
    db.close();
    port.close();
  }
});
port.postMessage({ kind: 'ready' } satisfies FromThread);
