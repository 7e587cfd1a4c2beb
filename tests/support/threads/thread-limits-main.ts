/** Prints how large the heap of a thread of this kind may become, in bytes, under whatever flags this process was started with. */
import { Worker } from 'node:worker_threads';
import { RedactionThread } from '../../../shared/embedded/redaction/redaction-thread.ts';

/** Starts a thread and answers how it is ended. */
const starts = {
  /** As anybody starts one. */
  plain: async () => {
    const thread = new Worker('setInterval(() => {}, 1000)', { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 64 } });
    await new Promise((resolve) => thread.once('online', resolve));
    return () => thread.terminate();
  },
  redaction: async () => {
    const thread = new RedactionThread();
    const work = {
      kind: 'log',
      dataClass: 'internal',
      secret: new Uint8Array(32),
      file: 'logs/a/1.ndjson',
      bytes: new Uint8Array(0),
    } as const;
    await thread.redact(work);
    return () => thread.close();
  },
} satisfies Record<string, () => Promise<() => Promise<unknown>>>;

export type ThreadKind = keyof typeof starts;

const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
const end = await starts[process.argv[2] as ThreadKind](); // The test names it.
const thread = await started;
// Ours keep no process alive that has nothing else to do.
thread.ref();
const { heap_size_limit: limit } = await thread.getHeapStatistics();
process.stdout.write(String(limit));
await end();
