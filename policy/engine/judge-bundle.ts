/**
 * Tries out one bundle on many questions, in a thread of its own that is ended afterwards: what a push checks before anything is stored, and
 * what a replay asks about ten thousand decisions. Nothing that is in the bundle can hold up or end the process.
 */
import type { Json } from '../../shared/core/json/canonical-json.ts';
import { McError } from '../../shared/core/errors.ts';
import { askThread } from './thread/ask-thread.ts';
import { InputView, packView } from './input-view.ts';
import { loadBundle } from './load-bundle.ts';
import { packWorkerSource, PackThread } from './thread/pack-thread.ts';
import type { PackAnswer } from './thread/pack-worker-protocol.ts';
import { ThreadGate } from './thread/thread-gate.ts';
import type { PolicyBundle } from './policy-bundle.ts';

/** A question: an input as engines take it, whole and possibly broken, and data in place of the data of the pack (`data.mc.<pack>`). */
export interface BundleQuestion {
  input: Readonly<Record<string, unknown>>;
  data?: Json;
}

/** A verdict, why there is none, or that the pack is not asked at the point of this question. */
export type Judgement = PackAnswer | 'not-asked';

export interface JudgeOptions {
  /** For the rules, over all questions together; starting the thread and the pack is not counted. */
  timeoutMs: number;
  /** The program of the thread, where this program is bundled. */
  workerFile?: string;
}

/** A message with this many views is a megabyte or two; writing them holds up the process for a few milliseconds. */
const viewsPerMessage = 500;

/** A thread takes up to 160 MB, and anybody who may replay or push can ask for one; those who wait hold a bundle and its questions. */
const gate = new ThreadGate({ atOnce: 2, waiting: 16 });

interface Batch {
  bundle: PolicyBundle;
  /** Places of the questions among all. */
  places: number[];
  views: string[];
}

function pointOf({ input }: BundleQuestion): unknown {
  const { request } = input;
  return typeof request === 'object' && request !== null ? Reflect.get(request, 'point') : undefined;
}

/** A question whose point cannot be read is asked: saying what is wrong with it is the business of the rules. */
function isAsked({ points }: PolicyBundle, question: BundleQuestion): boolean {
  const point = pointOf(question);
  return typeof point !== 'string' || points.some((asked) => asked === point);
}

/** Data of the pack replaced, everything else of the bundle as it is. */
function withData(bundle: PolicyBundle, data: Json): PolicyBundle {
  return { ...bundle, data: { ...bundle.data, mc: { [bundle.name]: data } } };
}

function* batches(bundle: PolicyBundle, questions: readonly BundleQuestion[]): Generator<Batch> {
  const view = packView(bundle);
  let batch: Batch = { bundle, places: [], views: [] };
  for (const [place, question] of questions.entries()) {
    if (!isAsked(bundle, question)) continue;
    const text = new InputView(question.input).of(view);
    if (question.data !== undefined) {
      yield { bundle: withData(bundle, question.data), places: [place], views: [text] };
      continue;
    }
    batch.places.push(place);
    batch.views.push(text);
    if (batch.views.length < viewsPerMessage) continue;
    yield batch;
    batch = { bundle, places: [], views: [] };
  }
  if (batch.views.length > 0) yield batch;
}

/** Asks until the time is over; answers the places in the order they are reached. Throws when the thread cannot go on. */
async function askAll(thread: PackThread, asked: Iterable<Batch>, { timeoutMs, put }: { timeoutMs: number; put: Put }): Promise<void> {
  let usedMs = 0;
  for (const { bundle, places, views } of asked) {
    const key = `${bundle.digest}/${places.length === 1 ? String(places[0]) : 'all'}`;
    const startedMs = performance.now();
    let next = 0;
    await askThread(thread, { key, inputs: views, bundle: () => Promise.resolve(bundle), budgetMs: timeoutMs, usedMs }, (answers) => {
      for (const answer of answers) put(places[next++] ?? -1, answer);
    });
    usedMs += performance.now() - startedMs;
  }
}

type Put = (place: number, answer: PackAnswer) => void;

async function startThread({ workerFile = packWorkerSource }: JudgeOptions): Promise<PackThread> {
  try {
    return await PackThread.start(workerFile);
  } catch (cause) {
    throw new McError('mc:policy:unavailable', 'The thread that judges policy packs cannot be started.', { cause });
  }
}

/**
 * What a bundle says to each question, in their order. The bundle must be well formed (`mc:policy:unavailable`); who signed it is not asked.
 * When a rule does not end, its question and all after it have no verdict. Throws `mc:host:overloaded` when too many are being tried already.
 */
export async function judgeBundle(archive: Uint8Array, questions: readonly BundleQuestion[], options: JudgeOptions): Promise<Judgement[]> {
  const bundle = await loadBundle(archive, 'digest');
  return gate.through(() => judgeInThread(bundle, questions, options));
}

async function judgeInThread(bundle: PolicyBundle, questions: readonly BundleQuestion[], options: JudgeOptions): Promise<Judgement[]> {
  const judged = new Map<number, PackAnswer>();
  let reason = 'it was not asked';
  const thread = await startThread(options);
  try {
    const put: Put = (place, answer) => judged.set(place, answer);
    await askAll(thread, batches(bundle, questions), { timeoutMs: options.timeoutMs, put });
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  } finally {
    await thread.end();
  }
  return questions.map((question, place) => judged.get(place) ?? (isAsked(bundle, question) ? { failure: reason } : 'not-asked'));
}
