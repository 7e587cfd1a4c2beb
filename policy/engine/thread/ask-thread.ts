/** One question to a thread: the pack is started if need be, its rules get their time, and answers come in the order of the inputs. */
import type { PackThread } from './pack-thread.ts';
import type { RunnableBundle } from '../wasm-pack.ts';
import type { PackAnswer, WorkerMessage } from './pack-worker-protocol.ts';

/** Compiling and starting a module takes about 50 ms; one that takes this long does not mean to start. */
const startPackMs = 3_000;

export interface ThreadQuestion {
  /** Names the pack in this thread. */
  key: string;
  inputs: readonly string[];
  /** Gets the pack, when the thread does not have it. */
  bundle: () => Promise<RunnableBundle>;
  /** Time of all inputs together, without the start of the pack. */
  budgetMs: number;
  /** What other questions have used of that time. */
  usedMs?: number;
}

async function startPack(thread: PackThread, { key, inputs, bundle }: ThreadQuestion): Promise<WorkerMessage> {
  thread.post({ key, inputs });
  const first = await thread.next(startPackMs);
  if (first.kind !== 'unknown') return first;
  const { name, digest, entrypoint, data, wasm } = await bundle();
  thread.post({ key, inputs, bundle: { name, digest, entrypoint, data, wasm } });
  return thread.next(startPackMs);
}

/**
 * Asks, and hands over the answers as they come. Throws when the pack cannot be started (the thread can go on), or when it is late or the
 * thread ends (the thread must be ended); answers that came before stay valid.
 */
export async function askThread(
  thread: PackThread,
  question: ThreadQuestion,
  take: (answers: readonly PackAnswer[]) => void,
): Promise<void> {
  const first = await startPack(thread, question);
  if (first.kind === 'broken') throw new Error(first.reason);
  const { budgetMs, usedMs = 0 } = question;
  const beganMs = performance.now() - usedMs;
  for (let count = 0; count < question.inputs.length;) {
    const message = await thread.next(budgetMs, performance.now() - beganMs);
    if (message.kind !== 'answers') throw new Error(`it said ${message.kind} in place of an answer`);
    count += message.answers.length;
    take(message.answers);
  }
}
