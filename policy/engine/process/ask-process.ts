/** One question to a process: the pack is started if need be, its rules get their time, and answers come in the order of the inputs. */
import type { PackProcess } from './pack-process.ts';
import type { RunnableBundle } from '../wasm-pack.ts';
import type { PackAnswer, WorkerMessage } from './pack-worker-protocol.ts';

/** Compiling and starting a module takes about 50 ms; one that takes this long does not mean to start. */
const startPackMs = 3_000;

export interface ProcessQuestion {
  /** Names the pack in this process. */
  key: string;
  inputs: readonly string[];
  /** Gets the pack, when the process does not have it. */
  bundle: () => Promise<RunnableBundle>;
  /** Time of all inputs together, without the start of the pack. */
  budgetMs: number;
  /** What other questions have used of that time. */
  usedMs?: number;
}

async function startPack(child: PackProcess, { key, inputs, bundle }: ProcessQuestion): Promise<WorkerMessage> {
  child.post({ key, inputs });
  const first = await child.next(startPackMs);
  if (first.kind !== 'unknown') return first;
  const { name, digest, entrypoint, data, wasm } = await bundle();
  child.post({ key, inputs, bundle: { name, digest, entrypoint, data, wasm } });
  return child.next(startPackMs);
}

/**
 * Asks, and hands over the answers as they come. Throws when the pack cannot be started (the process can go on), or when it is late or the
 * process ends (the process must be ended); answers that came before stay valid.
 */
export async function askProcess(
  child: PackProcess,
  question: ProcessQuestion,
  take: (answers: readonly PackAnswer[]) => void,
): Promise<void> {
  const first = await startPack(child, question);
  if (first.kind === 'broken') throw new Error(first.reason);
  const { budgetMs, usedMs = 0 } = question;
  const beganMs = performance.now() - usedMs;
  for (let count = 0; count < question.inputs.length;) {
    const message = await child.next(budgetMs, performance.now() - beganMs);
    if (message.kind !== 'answers') throw new Error(`it said ${message.kind} in place of an answer`);
    count += message.answers.length;
    take(message.answers);
  }
}
