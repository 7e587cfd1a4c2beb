/**
 * The process that judges tenants' packs. Whoever started it ends it when it is late, so nothing here is kept that could not be lost: a few
 * started packs. It has no network, no environment and no output of its own.
 */
import { LRUCache } from 'lru-cache';
import { InvariantError } from '../../../shared/core/errors.ts';
import { cutText } from '../../../shared/core/text/cut-text.ts';
import { endWithHome } from './end-with-home.ts';
import type { PackAnswer, PackQuestion, WorkerMessage } from './pack-worker-protocol.ts';
import { WasmPack } from '../wasm-pack.ts';

/** Each takes up to 32 MiB of memory of its own, and a few more for its code. */
const startedPacks = 16;

/** Answers are handed over at least this often, so that a rule that never ends takes few others with it: none when there are few. */
const partialMs = 10;
const fewInputs = 100;

const packs = new LRUCache<string, WasmPack>({ max: startedPacks });

/** Characters; rules abort with whatever text they like. */
const reasonMax = 2_000;

/** The innermost cause: that it is a pack, and which, is known outside. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return cutText(String(error), reasonMax);
  if (error.cause !== undefined) return reasonOf(error.cause);
  // What the allocator of a module says when its memory is at its end.
  return error.message.startsWith('opa_malloc')
    ? 'its rules need more than the 32 MiB of memory that a pack may use'
    : cutText(error.message, reasonMax);
}

async function findPack({ key, bundle }: PackQuestion): Promise<WasmPack | undefined> {
  const known = packs.get(key);
  if (known || !bundle) return known;
  const pack = await WasmPack.load(bundle);
  packs.set(key, pack);
  return pack;
}

async function answerOne(pack: WasmPack, input: string): Promise<PackAnswer> {
  try {
    // The time is kept outside, by who can end this process.
    return { verdict: await pack.judge(input, Infinity, () => 0) };
  } catch (error) {
    return { failure: reasonOf(error) };
  }
}

async function answer(question: PackQuestion, post: (message: WorkerMessage) => Promise<void>): Promise<void> {
  let pack: WasmPack | undefined;
  try {
    pack = await findPack(question);
  } catch (error) {
    return post({ kind: 'broken', reason: reasonOf(error) });
  }
  if (!pack) return post({ kind: 'unknown' });
  await post({ kind: 'begun' });
  let answers: PackAnswer[] = [];
  let postedMs = performance.now();
  for (const input of question.inputs) {
    answers.push(await answerOne(pack, input));
    if (question.inputs.length > fewInputs && performance.now() - postedMs < partialMs) continue;
    await post({ kind: 'answers', answers });
    answers = [];
    postedMs = performance.now();
  }
  // An empty rest would be taken for the first word about the next question.
  if (answers.length > 0) await post({ kind: 'answers', answers });
}

if (!process.send) throw new InvariantError('pack-worker-main runs as a child process only');
const send = process.send.bind(process);
// It is handed over before anything else is done: rules may take this process for as long as it lives.
const post = (message: WorkerMessage): Promise<void> => new Promise((resolve) => void send(message, undefined, undefined, () => resolve()));
endWithHome();
process.on('message', (question) => void answer(question as PackQuestion, post)); // Both ends are ours.
await post({ kind: 'ready' });
