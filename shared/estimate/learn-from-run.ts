/**
 * Every recorded run teaches: how far its estimate was off, and how long its attempts took. Learning is statistics: it may lose a sample, it may
 * not slow runs down. So a burst writes each calibration at most once a second when it is full, and one after the other until then.
 */
import { LRUCache } from 'lru-cache';
import { McError } from '../core/errors.ts';
import type { UsdMicros } from '../core/money.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import { metricNames } from '../port/metrics.ts';
import type { Table } from '../port/table.ts';
import {
  calibrationKey,
  readCalibrations,
  samplesPerSize,
  taskTag,
  writeCalibrations,
  type Calibration,
  type CalibrationSubject,
  type Sample,
} from './calibration.ts';
import { driftPercent } from './drift-percent.ts';
import { sizeBucket } from './size-bucket.ts';

/** A full calibration takes in the samples of one run a second. */
const restMs = 1_000;
/** Calibrations remembered as resting, in each process; a forgotten one is read once more. */
const maxResting = 10_000;

/** A succeeded attempt of a task. */
export interface TeachingAttempt extends CalibrationSubject {
  taskId: string;
  wallMs: number;
}

/** What a recorded run teaches. */
export interface RunLesson {
  /** Name of the workflow, without its version. */
  workflow: string;
  /** A run that failed says nothing about estimates, which are of runs that succeed; its succeeded attempts still teach time. */
  isSucceeded: boolean;
  inputBytes: number;
  estimatedUsdMicros: UsdMicros;
  actualUsdMicros: UsdMicros;
  /** Succeeded ones only: an attempt that failed was cut short, or hung. */
  attempts: readonly TeachingAttempt[];
}

type LearnDeps = Pick<Deps, 'table' | 'clock' | 'metrics' | 'logger'>;

/** What this process knows of its own writing: calibrations it writes right now, and those that need nothing for a while. */
interface Pace {
  writing: Set<string>;
  restsUntil: LRUCache<string, number>;
}

const paces = new WeakMap<Table, Pace>();

function paceOf(table: Table): Pace {
  const pace = paces.get(table) ?? { writing: new Set(), restsUntil: new LRUCache({ maxSize: maxResting, sizeCalculation: () => 1 }) };
  paces.set(table, pace);
  return pace;
}

interface Lesson {
  subject: CalibrationSubject;
  /** Where it is kept, and for which size. */
  key: string;
  samples: Sample[];
}

/** What the attempts teach of calibrations that can take it now. In a burst that is nothing nearly always, so nothing is made of the others. */
function lessonsOf(
  tenant: TenantId,
  { workflow, attempts }: RunLesson,
  { bucket, takes }: { bucket: number; takes: (key: string) => boolean },
): Lesson[] {
  const lessons = new Map<string, Lesson>();
  for (const { uses, resourceClass, taskId, wallMs } of attempts) {
    const subject = { uses, resourceClass };
    const { pk, sk } = calibrationKey(tenant, subject);
    const key = `${pk}#${sk}#${bucket}`;
    if (!takes(key)) continue;
    const lesson = lessons.get(key) ?? { subject, key, samples: [] };
    lesson.samples.push({ ms: Math.round(wallMs), task: taskTag(workflow, taskId) });
    lessons.set(key, lesson);
  }
  return [...lessons.values()];
}

/** The calibration with these samples, or undefined when it is full and was written a moment ago. */
function taught(
  calibration: Calibration,
  { bucket, samples, now }: { bucket: number; samples: Sample[]; now: number },
): Calibration | undefined {
  const ring = calibration.get(bucket) ?? { at: 0, samples: [] };
  // Either way: one that was written while the clock was ahead does not rest until it is that late again.
  if (ring.samples.length >= samplesPerSize && Math.abs(now - ring.at) < restMs) return undefined;
  return new Map(calibration).set(bucket, { at: now, samples: [...ring.samples, ...samples].slice(-samplesPerSize) });
}

async function keep(deps: LearnDeps, tenant: TenantId, { lessons, bucket }: { lessons: Lesson[]; bucket: number }): Promise<void> {
  const { restsUntil } = paceOf(deps.table);
  const known = await readCalibrations(
    deps,
    tenant,
    lessons.map(({ subject }) => subject),
  );
  const now = deps.clock.now();
  const learned = lessons.flatMap(({ subject, samples, key }, index) => {
    const before: Calibration = known[index] ?? new Map();
    const calibration = taught(before, { bucket, samples, now });
    const isFull = (calibration ?? before).get(bucket)?.samples.length === samplesPerSize;
    if (isFull) restsUntil.set(key, deps.clock.elapsedMs() + restMs);
    return calibration === undefined ? [] : [{ subject, calibration }];
  });
  await writeCalibrations(deps, tenant, learned);
}

/** Measures the drift of the run's estimate and remembers how long its attempts took. A store that cannot take it costs the lesson, never the run. */
export async function learnFromRun(deps: LearnDeps, tenant: TenantId, run: RunLesson): Promise<void> {
  if (run.isSucceeded) deps.metrics.record(metricNames.estimatorDrift, driftPercent(run));
  const { writing, restsUntil } = paceOf(deps.table);
  const bucket = sizeBucket(run.inputBytes);
  const elapsed = deps.clock.elapsedMs();
  const takes = (key: string): boolean => !writing.has(key) && (restsUntil.get(key) ?? 0) <= elapsed;
  const lessons = lessonsOf(tenant, run, { bucket, takes });
  if (lessons.length === 0) return;
  for (const { key } of lessons) writing.add(key);
  try {
    await keep(deps, tenant, { lessons, bucket });
  } catch (error) {
    if (!(error instanceof McError)) throw error;
    deps.logger.warn('what a run taught about its cost could not be kept', { error });
  } finally {
    for (const { key } of lessons) writing.delete(key);
  }
}
