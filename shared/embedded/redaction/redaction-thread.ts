/**
 * Redaction in a thread of its own: looking through a gigabyte takes many seconds of a core, and the thread of a home that answers requests and commits writes has none to
 * spare. Started when it is first needed; it never keeps the process alive.
 */
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { InvariantError } from '../../core/errors.ts';
import type { Redacted, RedactionWork, Redactor } from '../../evidence/redaction/redactor.ts';
import { startThread } from '../start-thread.ts';

export interface RedactionQuestion {
  id: number;
  work: RedactionWork;
}
export type RedactionAnswer = { id: number; redacted: Redacted } | { id: number; error: string };

const program = fileURLToPath(new URL('./redaction-thread-main.ts', import.meta.url));

/** A small young generation keeps what a gigabyte of lines leaves behind from becoming memory of the process; the old one holds one log of many split lines. */
const limits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 192 } as const;

interface Waiting {
  resolve: (redacted: Redacted) => void;
  reject: (error: Error) => void;
}

/** The bytes as the only ones of their buffer, so that they can be handed over. */
function owned(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}

export class RedactionThread implements Redactor {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  async redact(work: RedactionWork): Promise<Redacted> {
    const worker = (this.#worker ??= this.#start());
    const bytes = owned(work.bytes);
    const id = this.#next++;
    const question: RedactionQuestion = { id, work: { ...work, bytes } };
    const { promise, resolve, reject } = Promise.withResolvers<Redacted>();
    this.#waiting.set(id, { resolve, reject });
    worker.ref();
    worker.postMessage(question, [bytes.buffer]);
    return promise;
  }

  /** Ends the thread; what is under way fails. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = startThread(program, 'mc-redaction', limits);
    worker.on('message', (answer: RedactionAnswer) => this.#answer(worker, answer));
    worker.on('error', (error) => this.#fail(worker, error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => this.#fail(worker, new Error('the thread that redacts has ended')));
    return worker;
  }

  #answer(worker: Worker, answer: RedactionAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) worker.unref();
    if ('redacted' in answer) waiting?.resolve(answer.redacted);
    else waiting?.reject(new InvariantError(`redaction failed: ${answer.error}`));
  }

  /** A thread that ended takes its work with it; the next work starts another one. */
  #fail(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}
