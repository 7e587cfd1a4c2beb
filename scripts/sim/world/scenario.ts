/** One world, drawn from its seed: which home, which tenant, which runs are asked for when, and what goes wrong until when. */
import { poolSize } from './workflow-model.ts';
import type { Random } from './random.ts';

/** How often each kind of fault strikes, as probabilities a step; 0 where this world is spared of it. */
export interface FaultRates {
  crashBefore: number;
  crashAfter: number;
  crashAtPoint: number;
  /** A process stands still for a while, at a named point or while a write is under way. */
  stallAtPoint: number;
  stallWrite: number;
  refuse: number;
  /** Done, but told to have failed. */
  lieAboutFailure: number;
  dropMessage: number;
  doubleMessage: number;
  badSignature: number;
  policyDown: number;
}

export interface PlannedStart {
  atMs: number;
  key: string | undefined;
  workflow: number;
  word: string;
  /** Whether policy denies the start whatever else it says. */
  isForbidden: boolean;
  /** A caller that hears nothing for so long asks again. */
  patienceMs: number;
}

/** Starts that somebody asks for in one request, and again as long as some of them are not answered for good. */
export interface PlannedBatch {
  atMs: number;
  /** Each has a key. */
  lines: PlannedStart[];
  patienceMs: number;
}

/** What somebody does to a run of the callers, whichever it is then. */
export interface PlannedAction {
  atMs: number;
  action: 'cancel' | 'retry' | 'replay';
  key: string;
  /** Chooses the run. */
  which: number;
  patienceMs: number;
}

/** Somebody, or a time service, puts the clock of the machine right. */
export interface PlannedClockJump {
  /** Right after so many writes, which is while something is going on. */
  afterWrites: number;
  /** Forward, or back when negative. */
  byMs: number;
}

export interface Scenario {
  home: 'embedded' | 'serverless';
  /** Virtual milliseconds since the Unix epoch when it begins. */
  epoch: number;
  timeZone: string;
  maxConcurrent: number;
  dailyMaxUsdMicros: number;
  /** Tasks at once. */
  width: number;
  maxOpenRuns: number;
  starts: PlannedStart[];
  batches: PlannedBatch[];
  actions: PlannedAction[];
  faults: FaultRates;
  /** From then on nothing goes wrong any more, so what can end has to. */
  faultsEndMs: number;
  /** A usual step takes up to this long; some take much longer. */
  stepMs: number;
  slowChance: number;
  slowMs: number;
  /** How far the clocks of two machines may differ. */
  skewMs: number;
  /** Only where all processes are of one machine. */
  clockJumps: PlannedClockJump[];
  /** The home is told to stop right after so many writes, and started again. Only where it is one process. */
  stopsAfterWrites: number[];
  indexLagMs: number;
  /** Where time passes while a publisher adds a version too. */
  publishes: boolean;
}

const minute = 60_000;
const hour = 60 * minute;
/** Half an hour before midnight in UTC, at the end of daylight saving in Berlin. */
const lateEvening = Date.UTC(2026, 9, 24, 21, 45);
const noon = Date.UTC(2026, 0, 15, 12);

/** `random` goes on for what happens in the world; what was thought of later is drawn from another one, so that worlds without it stay what they were before. */
export function drawScenario(random: Random, forLater: Random): Scenario {
  const isServerless = random.chance(0.5);
  const isCalm = random.chance(0.1);
  const rate = (most: number): number => (isCalm || random.chance(0.5) ? 0 : most * random.next());
  const isSlow = random.chance(0.5);
  const stepMs = random.pick([1, 5, 20, 200]);
  return {
    home: isServerless ? 'serverless' : 'embedded',
    epoch: random.chance(0.3) ? lateEvening : noon,
    timeZone: random.pick(['Etc/UTC', 'Europe/Berlin', 'Asia/Kolkata']),
    maxConcurrent: random.pick([1, 2, 3, 25]),
    dailyMaxUsdMicros: random.pick([400, 3_000, 1_000_000]),
    width: random.between(1, 6),
    maxOpenRuns: random.pick([2, 20_000]),
    ...drawCallers(random, forLater),
    clockJumps: isServerless ? [] : drawClockJumps(forLater),
    stopsAfterWrites: isServerless ? [] : drawStops(forLater),
    faults: {
      crashBefore: rate(0.08),
      crashAfter: rate(0.08),
      crashAtPoint: rate(0.1),
      stallAtPoint: rate(0.2),
      stallWrite: rate(0.1),
      refuse: rate(0.08),
      lieAboutFailure: isServerless ? rate(0.1) : 0,
      dropMessage: rate(0.2),
      doubleMessage: rate(0.3),
      badSignature: rate(0.3),
      policyDown: rate(0.1),
    },
    // Where everything is slow, it takes long until there is something to go wrong.
    faultsEndMs: random.pick(isSlow ? [5, 20, 120] : [1, 5, 20]) * minute * random.next(),
    stepMs,
    slowChance: isSlow ? random.pick([0.02, 0.1, 0.3]) * random.next() : 0,
    slowMs: random.pick([1_000, 5_000, 20_000, 100_000]),
    skewMs: isServerless ? random.pick([0, 50, 1_000]) : 0,
    indexLagMs: isServerless ? random.pick([0, 100, 3_000]) : 0,
    publishes: random.chance(0.05),
  };
}

function drawCallers(random: Random, forLater: Random): Pick<Scenario, 'starts' | 'batches' | 'actions'> {
  const starts = drawStarts(random);
  return { starts, batches: drawBatches(forLater, starts), actions: drawActions(random) };
}

function drawStarts(random: Random): PlannedStart[] {
  const workflows = Array.from({ length: random.between(1, 2) }, () => random.between(0, poolSize - 1));
  const spanMs = random.pick([10, 1_000, 2 * minute]);
  return Array.from({ length: random.between(1, 3) }).flatMap((_, index) => {
    const start: PlannedStart = {
      atMs: spanMs * random.next(),
      key: random.chance(0.85) ? `key-${index}` : undefined,
      workflow: random.pick(workflows),
      word: random.pick(['ant', 'bee', 'cat']),
      isForbidden: random.chance(0.05),
      patienceMs: random.pick([2_000, 30_000]),
    };
    const again = Array.from({ length: start.key === undefined || random.chance(0.6) ? 0 : random.between(1, 2) }, () => ({
      ...start,
      atMs: start.atMs + random.pick([0, 5, 5_000]) * random.next(),
      // The same key for another request is the caller's mistake, and has to be refused.
      word: random.chance(0.1) ? 'dog' : start.word,
    }));
    return [start, ...again];
  });
}

/** Most worlds have none; the lines are of the workflows of the starts, and now and then two have the same key. */
function drawBatches(random: Random, starts: readonly PlannedStart[]): PlannedBatch[] {
  const spanMs = random.pick([10, 1_000, 2 * minute]);
  return Array.from({ length: random.chance(0.7) ? 0 : random.between(1, 2) }, (_, batch) => {
    const atMs = spanMs * random.next();
    const patienceMs = random.pick([2_000, 30_000]);
    const lines = Array.from({ length: random.between(2, 6) }, (_line, index) => ({
      atMs,
      key: `batch-${batch}-${random.chance(0.1) ? 0 : index}`,
      workflow: random.pick(starts).workflow,
      word: random.pick(['ant', 'bee', 'cat']),
      isForbidden: false,
      patienceMs,
    }));
    return { atMs, lines, patienceMs };
  });
}

/** Some worlds have none; in others several people may want the same of the same run at once. */
function drawActions(random: Random): PlannedAction[] {
  const spanMs = random.pick([1_000, minute, 20 * minute]);
  return Array.from({ length: random.chance(0.5) ? 0 : random.between(1, 3) }).flatMap((_, index) => {
    const action: PlannedAction = {
      atMs: spanMs * random.next(),
      action: random.pick(['cancel', 'cancel', 'retry', 'replay'] as const),
      key: `act-${index}`,
      which: random.between(0, 100),
      patienceMs: random.pick([2_000, 30_000]),
    };
    const rivals = Array.from({ length: random.chance(0.5) ? random.between(1, 2) : 0 }, (_, rival) => ({
      ...action,
      atMs: action.atMs + random.pick([0, 5, 500]) * random.next(),
      key: random.chance(0.5) ? action.key : `${action.key}-${rival}`,
    }));
    return [action, ...rivals];
  });
}

/** A lease, a deadline, the day of a budget may lie between the old time and the new one; who waits for the old time waits longer than a world lasts. */
function drawClockJumps(random: Random): PlannedClockJump[] {
  return Array.from({ length: random.chance(0.5) ? 0 : random.between(1, 2) }, () => ({
    afterWrites: random.between(1, 60),
    byMs: Math.round(random.pick([2_000, 5 * minute, 30 * hour, 30 * 24 * hour]) * (random.next() * 2 - 1)),
  }));
}

/** Most worlds have none: a stop is a gentle crash, and there are enough of the others. */
function drawStops(random: Random): number[] {
  return Array.from({ length: random.chance(0.7) ? 0 : random.between(1, 2) }, () => random.between(1, 60));
}
