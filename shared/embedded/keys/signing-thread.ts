/**
 * Signs statements in a thread of its own, as many in one message as come in one turn of the event loop: a job in libuv's pool costs the thread that asks for it more
 * than a tenth of what signing costs, twice for each receipt. Started when several statements come in one turn, since a thread has to be loaded and has a heap of its own; it keeps the process alive only while somebody waits for it.
 */
import type { KeyObject } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import type { PublicKey, SignedStatement } from '../../port/keys/signer.ts';
import { invalidSignature } from '../../receipt/sign/invalid-signature.ts';
import { startThread } from '../start-thread.ts';
import { headRoom } from './sign-in-place.ts';

export interface SigningQuestion {
  /** The private key, unless it is the one of the question before. */
  key?: KeyObject;
  keyId: string;
  /** The trusted key of that id. */
  pem: string;
  /** The payloads in UTF-8, one after the other, each behind `headRoom` free bytes. Whoever gets them may write there. */
  memory: Uint8Array<ArrayBuffer>;
  payloadBytes: readonly number[];
}

/** What is filed of each payload, in their order. */
export interface SigningAnswer {
  /** The packed bundles, one after the other. */
  packed: Uint8Array<ArrayBuffer>;
  /** Null for a payload whose signature does not hold. */
  statements: readonly (SignedPlace | null)[];
}

/** What is filed of a payload; the packed bundle takes so many of the bytes. */
export type SignedPlace = Pick<SignedStatement, 'digest' | 'entry' | 'leaf'> & { packedBytes: number };

interface Job {
  key: KeyObject;
  trusted: PublicKey;
  payload: string;
  resolve: (signed: SignedStatement | undefined) => void;
  reject: (error: Error) => void;
}

const program = fileURLToPath(new URL('./signing-thread-main.ts', import.meta.url));
/** MB. Statements and bundles of a few questions; a smaller young generation is swept all the time. */
const limits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 64 } as const;
/** Statements in one question, so that the first of a burst need not wait for the last; each takes a tenth of a millisecond. */
const mostAtOnce = 64;

export class SigningThread {
  readonly #onFailure: (error: Error) => void;
  #worker: Worker | undefined;
  /** The key that the thread has. */
  #told: KeyObject | undefined;
  #gathered: Job[] = [];
  /** Questions under way, in the order of their answers. */
  #asked: (readonly Job[])[] = [];

  /** `onFailure` hears of a thread that ended before it had answered. */
  constructor(onFailure: (error: Error) => void) {
    this.#onFailure = onFailure;
  }

  /**
   * Signs the payload with this key and checks the signature with the trusted one. Throws `mc:receipt:invalid` when it does not hold; undefined when the thread ended
   * before it had answered, or is not worth starting: then the caller signs.
   */
  async sign(key: KeyObject, trusted: PublicKey, payload: string): Promise<SignedStatement | undefined> {
    return new Promise((resolve, reject) => {
      this.#gathered.push({ key, trusted, payload, resolve, reject });
      if (this.#gathered.length === 1) setImmediate(() => this.#ask());
    });
  }

  /** Ends the thread; what is under way is answered with undefined. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(): void {
    const jobs = this.#gathered;
    this.#gathered = [];
    if (this.#worker === undefined && jobs.length === 1) return giveUp(jobs);
    let question: Job[] = [];
    for (const job of jobs) {
      const [first] = question;
      // While keys are rotated, those of one turn may be for two of them.
      const isOther = first !== undefined && (first.key !== job.key || first.trusted.pem !== job.trusted.pem);
      if (isOther || question.length === mostAtOnce) {
        this.#post(question);
        question = [];
      }
      question.push(job);
    }
    this.#post(question);
  }

  #post(jobs: readonly Job[]): void {
    const [first] = jobs;
    if (!first) return;
    const { key, trusted } = first;
    try {
      const worker = (this.#worker ??= this.#start());
      const payloads = laidOut(jobs.map(({ payload }) => payload));
      const question: SigningQuestion = { ...trusted, ...payloads, ...(key !== this.#told && { key }) };
      worker.postMessage(question, [payloads.memory.buffer]);
      this.#told = key;
      this.#asked.push(jobs);
      worker.ref();
    } catch (error) {
      // No thread could be started.
      giveUp(jobs);
      this.#onFailure(asError(error));
    }
  }

  #start(): Worker {
    const worker = startThread(program, 'mc-signing', limits);
    worker.on('message', (answer: SigningAnswer) => this.#answer(worker, answer));
    worker.on('error', (error) => this.#fail(worker, asError(error)));
    worker.on('exit', () => this.#fail(worker, new Error('the thread that signs has ended')));
    this.#told = undefined;
    return worker;
  }

  #answer(worker: Worker, { packed, statements }: SigningAnswer): void {
    const jobs = this.#asked.shift() ?? [];
    if (this.#asked.length === 0) worker.unref();
    let at = 0;
    for (const [index, { trusted, resolve, reject }] of jobs.entries()) {
      const signed = statements[index];
      if (!signed) {
        reject(invalidSignature());
        continue;
      }
      const { digest, entry, leaf, packedBytes } = signed;
      resolve({ digest, packed: packed.subarray(at, at + packedBytes), entry, leaf, pem: trusted.pem });
      at += packedBytes;
    }
  }

  /** A thread that ended takes its work with it; the next work starts another one. */
  #fail(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const asked = this.#asked;
    this.#asked = [];
    for (const jobs of asked) giveUp(jobs);
    if (asked.length > 0) this.#onFailure(error);
  }
}

/** In memory that is given away whole: as texts they would be copied into the message, out of it, and be left for the collector of the thread. */
function laidOut(payloads: readonly string[]): Pick<SigningQuestion, 'memory' | 'payloadBytes'> {
  const payloadBytes = payloads.map((payload) => Buffer.byteLength(payload));
  const memory = Buffer.allocUnsafeSlow(payloadBytes.reduce((sum, bytes) => sum + headRoom + bytes, 0));
  let at = 0;
  for (const payload of payloads) at += headRoom + memory.write(payload, at + headRoom);
  return { memory, payloadBytes };
}

function giveUp(jobs: readonly Job[]): void {
  for (const { resolve } of jobs) resolve(undefined);
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
