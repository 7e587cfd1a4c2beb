import { Worker } from 'node:worker_threads';
import { McError } from '../../core/errors.ts';
import type { RowWriter } from './row-writer.ts';
import type { FromThread, ToThread } from './row-thread-messages.ts';

/** The thread holds one transaction's rows and their copies; a hundred times what the largest has. */
const heapMebibytes = 256;

interface Waiting {
  resolve: () => void;
  reject: (error: Error) => void;
}

/** SQLite's error as the thread met it. */
class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
  readonly errcode: number | undefined;

  constructor(message: string, errcode: number | undefined) {
    super(message);
    this.errcode = errcode;
  }
}

/** Stores rows in a thread of its own, so that the disk holds nobody up but those who wait for it. When the thread dies, everything is refused from then on. */
export function threadRowWriter(path: string): RowWriter {
  const worker = new Worker(new URL('row-thread.ts', import.meta.url), {
    name: 'mc-table',
    workerData: path,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMebibytes },
  });
  const waiting: Waiting[] = [];
  let ended: Error | undefined;
  const end = (cause: unknown): void => {
    ended ??= new McError('mc:store:unavailable', 'the thread that stores the table has ended', { cause });
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  worker.on('error', end);
  const exit = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      end(`exit code ${code}`);
      resolve();
    });
  });
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'ready') return;
    const first = waiting.shift();
    if (message.kind === 'stored') first?.resolve();
    else first?.reject(new StoreFailure(message.message, message.errcode));
    if (waiting.length === 0) worker.unref();
  });
  // A home that has nothing to store may end.
  worker.unref();
  const tell = (message: ToThread): void => worker.postMessage(message);
  return {
    store: async (changes) => {
      if (ended) throw ended;
      await new Promise<void>((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.ref();
        tell({ kind: 'store', changes });
      });
    },
    checkpoint: () => tell({ kind: 'checkpoint' }),
    close: async () => {
      tell({ kind: 'close' });
      worker.ref();
      await exit;
    },
  };
}
