/** The estimate of one task: the price of its package times a guess of its time, which is learned from the tenant's own runs where there are enough. */
import type { UsdMicros } from '../core/money.ts';
import type { Calibration, Sample } from './calibration.ts';
import { sampleSpread, type Spread } from './sample-spread.ts';
import { bucketWords } from './size-bucket.ts';
import { taskCost, type TaskPrice } from './task-cost.ts';

/** Fewer samples than this are anecdotes. */
const minSamples = 5;
/** A declared time is one number of somebody else's machine: the interval goes from a tenth of it to ten times as much. */
const declaredRange = 10;

/** What is to be estimated. */
export interface EstimateQuestion {
  /** Tag of the task, see `taskTag`. */
  task: string;
  price: TaskPrice;
  timeoutMs: number;
  retries: number;
  /** Size bucket of the run's inputs; undefined while they are not known. */
  bucket: number | undefined;
}

/** What a task is expected to take and cost, how sure that is, and where it comes from. */
export interface Estimate {
  estimatedMs: number;
  estimatedCostUsdMicros: UsdMicros;
  basis: 'learned' | 'declared';
  samples: number;
  lowUsdMicros: UsdMicros;
  highUsdMicros: UsdMicros;
  why: string;
}

interface Evidence {
  samples: readonly Sample[];
  words: string;
}

/** What was seen, the most telling first. */
function evidenceOf({ task, bucket }: EstimateQuestion, calibration: Calibration): Evidence[] {
  const all = [...calibration.values()].flatMap(({ samples }) => samples);
  const ofTask = (samples: readonly Sample[]): Sample[] => samples.filter((sample) => sample.task === task);
  const anySize: Evidence[] = [
    { samples: ofTask(all), words: 'of this task with inputs of any size' },
    { samples: all, words: 'of this package with inputs of any size' },
  ];
  if (bucket === undefined) return anySize;
  const alike = calibration.get(bucket)?.samples ?? [];
  const size = `with inputs of ${bucketWords(bucket)}`;
  return [{ samples: ofTask(alike), words: `of this task ${size}` }, { samples: alike, words: `of this package ${size}` }, ...anySize];
}

interface Guess extends Spread {
  basis: Estimate['basis'];
  samples: number;
  words: string;
}

function guessTime(question: EstimateQuestion, calibration: Calibration): Guess {
  const evidence = evidenceOf(question, calibration);
  const best = evidence.find(({ samples }) => samples.length >= minSamples);
  if (best) {
    const { samples, words } = best;
    return {
      ...sampleSpread(samples.map(({ ms }) => ms)),
      basis: 'learned',
      samples: samples.length,
      words: `median of ${samples.length} attempts ${words}`,
    };
  }
  const { typicalMs } = question.price.cost;
  const samples = evidence.at(-1)?.samples.length ?? 0;
  const yours =
    samples === 0
      ? 'no receipts of yours yet'
      : `your receipts show ${samples} ${samples === 1 ? 'attempt' : 'attempts'} so far, ${minSamples} are needed`;
  return {
    middleMs: typicalMs,
    lowMs: typicalMs / declaredRange,
    highMs: typicalMs * declaredRange,
    basis: 'declared',
    samples,
    words: `declared by the package, give or take ${declaredRange} times; ${yours}`,
  };
}

/** Estimates the first attempt of a task from what was learned about its package; always an answer, with an interval and its reason. */
export function estimateTask(question: EstimateQuestion, calibration: Calibration): Estimate {
  const { price, timeoutMs, retries } = question;
  const { middleMs, lowMs, highMs, basis, samples, words } = guessTime(question, calibration);
  const within = (ms: number): number => Math.min(Math.round(ms), timeoutMs);
  const estimatedMs = within(middleMs);
  const extra = retries === 0 ? '' : `; for one attempt, and each of at most ${retries} retries costs about as much again`;
  return {
    estimatedMs,
    estimatedCostUsdMicros: taskCost(price, estimatedMs),
    basis,
    samples,
    lowUsdMicros: taskCost(price, within(lowMs)),
    highUsdMicros: taskCost(price, within(highMs)),
    why: `${words}${extra}`,
  };
}
