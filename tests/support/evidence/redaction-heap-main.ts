/** Prints how large the heap of the thread that redacts may become, in bytes, under whatever flags this process was started with. */
import type { Worker } from 'node:worker_threads';
import { RedactionThread } from '../../../shared/embedded/redaction/redaction-thread.ts';

const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
const thread = new RedactionThread();
const work = { kind: 'log', dataClass: 'internal', secret: new Uint8Array(32), file: 'logs/a/1.ndjson', bytes: new Uint8Array(0) } as const;
await thread.redact(work);
// The thread keeps no process alive that has nothing else to do.
(await started).ref();
const { heap_size_limit: limit } = await (await started).getHeapStatistics();
process.stdout.write(String(limit));
await thread.close();
