/**
 * Tries out one bundle on many questions, in a process of its own that is ended afterwards: what a push checks before anything is stored, and
 * what a replay asks about ten thousand decisions. Nothing that is in the bundle can hold up or end the home.
 */
import type { Json } from '../../shared/core/json/canonical-json.ts';
import { McError } from '../../shared/core/errors.ts';
import { askProcess } from './process/ask-process.ts';
import { InputView, packView } from './input-view.ts';
import { loadBundle } from './load-bundle.ts';
import { packWorkerSource, PackProcess } from './process/pack-process.ts';
import type { PackAnswer } from './process/pack-worker-protocol.ts';
import { ProcessGate } from './process/process-gate.ts';
import type { PolicyBundle } from './policy-bundle.ts';

/** A question: an input as engines take it, whole and possibly broken, and data in place of the data of the pack (`data.mc.<pack>`). */
export interface BundleQuestion {
  input: Readonly<Record<string, unknown>>;
  data?: Json;
}

/** A verdict, why there is none, or that the pack is not asked at the point of this question. */
export type Judgement = PackAnswer | 'not-asked';

export interface JudgeOptions {
  /** For the rules, over all questions together; starting the process and the pack is not counted. */
  timeoutMs: number;
  /** For the answers together, in bytes as a function on AWS gives them away; what comes after the answer that passes it is not judged. No bound when left out. */
  answerBytes?: number;
  /** The program of the process, where this program is bundled. */
  workerFile?: string;
}

/** A message with this many views is a megabyte or two; writing them holds up the home for a few milliseconds. */
const viewsPerMessage = 500;

/** A process takes some 100 MB, and up to 400, and anybody who may replay or push can ask for one; those who wait hold a bundle and its questions. */
const gate = new ProcessGate({ atOnce: 2, waiting: 16 });

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

/** Asks until the time is over; answers the places in the order they are reached. Throws when the process cannot go on. */
async function askAll(child: PackProcess, asked: Iterable<Batch>, { timeoutMs, put }: { timeoutMs: number; put: Put }): Promise<void> {
  let usedMs = 0;
  for (const { bundle, places, views } of asked) {
    const key = `${bundle.digest}/${places.length === 1 ? String(places[0]) : 'all'}`;
    const startedMs = performance.now();
    let next = 0;
    await askProcess(child, { key, inputs: views, bundle: () => Promise.resolve(bundle), budgetMs: timeoutMs, usedMs }, (answers) => {
      for (const answer of answers) put(places[next++] ?? -1, answer);
    });
    usedMs += performance.now() - startedMs;
  }
}

type Put = (place: number, answer: PackAnswer) => void;

/** Thrown to stop a pack that has said enough. */
const enough = new Error('the answers are as much as was asked for');

/** A function's answer is JSON in a text of JSON. */
const sizeOf = (answer: PackAnswer): number => Buffer.byteLength(JSON.stringify(JSON.stringify(answer)));

async function startProcess({ workerFile = packWorkerSource }: JudgeOptions): Promise<PackProcess> {
  try {
    return await PackProcess.start(workerFile);
  } catch (cause) {
    throw new McError('mc:policy:unavailable', 'The process that judges policy packs cannot be started.', { cause });
  }
}

/**
 * What a bundle says to each question, in their order. The bundle must be well formed (`mc:policy:unavailable`); who signed it is not asked.
 * When a rule does not end, its question and all after it have no verdict. Where the answers come to more than `answerBytes` the rest is left out: at least one is there.
 * Throws `mc:host:overloaded` when too many are being tried already.
 */
export async function judgeBundle(archive: Uint8Array, questions: readonly BundleQuestion[], options: JudgeOptions): Promise<Judgement[]> {
  const bundle = await loadBundle(archive, 'digest');
  return gate.through(() => judgeInProcess(bundle, questions, options));
}

async function judgeInProcess(bundle: PolicyBundle, questions: readonly BundleQuestion[], options: JudgeOptions): Promise<Judgement[]> {
  const judged = new Map<number, PackAnswer>();
  let reason = 'it was not asked';
  let { answerBytes: left = Infinity } = options;
  const child = await startProcess(options);
  try {
    const put: Put = (place, answer) => {
      judged.set(place, answer);
      left -= sizeOf(answer);
      if (left < 0) throw enough;
    };
    await askAll(child, batches(bundle, questions), { timeoutMs: options.timeoutMs, put });
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  } finally {
    await child.end();
  }
  const reached = left < 0 ? questions.slice(0, ([...judged.keys()].at(-1) ?? 0) + 1) : questions;
  return reached.map((question, place) => judged.get(place) ?? (isAsked(bundle, question) ? { failure: reason } : 'not-asked'));
}
