/**
 * Two runs side by side: where they first went different ways, and in what. Compared is what a run depends on and what came of it, never how long it took: two
 * runs of the same thing are the same although one was faster, and so cheaper.
 */
import { canonicalJson } from '../../core/json/canonical-json.ts';
import { digestJson } from '../../core/digest.ts';
import { depthsOf, needsGraph } from '../../core/dag.ts';
import type { Decision } from '../../decision/decision.ts';
import type { Attempt, Execution, TaskView } from '../execution.ts';

/** A run with every decision about it. */
export interface ComparedRun {
  execution: Execution;
  /** The one that let it start. */
  start: Decision;
  /** Those about its attempts. */
  attempts: readonly Decision[];
}

/** In the order in which they are looked at: causes before effects, as far as one step goes. */
const aspects = [
  'step',
  'manifest',
  'region',
  'sandbox',
  'package',
  'inputs',
  'outputs',
  'policy',
  'price',
  'state',
  'failure',
  'compensation',
] as const;
export type Aspect = (typeof aspects)[number];

export interface Difference {
  aspect: Aspect;
  a: string;
  b: string;
}

/** `start` stands for the admission and `end` for what the run answered, every other name is a task. */
export interface DifferentStep {
  step: string;
  differences: Difference[];
}

/** `first` is the step in which the runs parted; what follows may be nothing but its consequence. */
export interface RunDifference {
  isSame: boolean;
  first: DifferentStep | null;
  steps: DifferentStep[];
}

const none = 'none';

/** Compares two runs step by step, in an order in which the steps can run. */
export function compareRuns(a: ComparedRun, b: ComparedRun): RunDifference {
  const steps = [{ step: 'start', differences: differencesOf(startFacts(a), startFacts(b)) }];
  const ofA = new Map(a.execution.tasks.map((task) => [task.id, task]));
  const ofB = new Map(b.execution.tasks.map((task) => [task.id, task]));
  const all = [...a.execution.tasks, ...b.execution.tasks.filter(({ id }) => !ofA.has(id))];
  for (const step of depthsOf(needsGraph(all)).keys()) {
    const [left, right] = [ofA.get(step), ofB.get(step)];
    const isReused = [left, right].some((task) => task !== undefined && task.reusedFrom !== null);
    const differences = differencesOf(left ? stepFacts(a, left, isReused) : absent, right ? stepFacts(b, right, isReused) : absent);
    steps.push({ step, differences });
  }
  // Last, for it mostly follows from a step.
  steps.push({ step: 'end', differences: differencesOf(endFacts(a), endFacts(b)) });
  const different = steps.filter(({ differences }) => differences.length > 0);
  return { isSame: different.length === 0, first: different[0] ?? null, steps: different };
}

type Facts = Partial<Record<Aspect, string>>;

const absent: Facts = { step: 'absent' };

/** Compared is what both sides tell; that a step is there at all, both do. */
function differencesOf(a: Facts, b: Facts): Difference[] {
  return aspects.flatMap((aspect) => {
    const [left, right] = [a[aspect], b[aspect]];
    return left === undefined || right === undefined || left === right ? [] : [{ aspect, a: left, b: right }];
  });
}

function startFacts({ execution, start }: ComparedRun): Facts {
  const { workflow, region, sandbox, state } = execution;
  return {
    manifest: `${workflow.name}@${workflow.version} ${workflow.digest}`,
    region,
    sandbox,
    policy: verdictsOf([start]),
    // A run may end as it does without any step that ended differently: cancelled in time, or without resolvable outputs.
    state,
  };
}

/** The outputs by the digest that they are kept by, where they are there; values may be anybody's. */
function endFacts({ execution: { outputs, error } }: ComparedRun): Facts {
  return { ...(outputs && { outputs: digestJson(outputs) }), failure: error?.failure ?? none };
}

/** A step that was not run again has no attempt: neither its inputs nor its failure nor a decision about it can be compared, and what it did is not its own to undo. */
function stepFacts(run: ComparedRun, task: TaskView, isReused: boolean): Facts {
  const facts = { step: 'present', package: task.packageDigest, outputs: task.outputsDigest ?? none, state: task.state };
  if (isReused) return facts;
  const about = run.attempts.filter(({ input }) => input.task?.id === task.id);
  const failure = task.attempts.at(-1)?.failure ?? none;
  return {
    ...facts,
    inputs: inputsOf(task),
    policy: verdictsOf(about),
    price: priceOf(run, task.id),
    failure,
    compensation: task.compensation,
  };
}

/** The inputs of the newest attempt that came so far as to have some; every attempt of a task gets the same. */
function inputsOf({ attempts }: TaskView): string {
  return attempts.findLast(({ inputsDigest }: Attempt) => inputsDigest !== null)?.inputsDigest ?? none;
}

/** Which packs judged, in which version, with which verdict and for which reasons. A repeated attempt is asked the same again. */
function verdictsOf(decisions: readonly Decision[]): string {
  const verdicts = decisions.flatMap(({ point, packs }) =>
    packs.map(({ pack, digest, verdict, entries }) => {
      const rules = [...new Set(entries.map(({ rule }) => rule))].sort();
      return [point, pack, digest.slice(0, 'sha256:'.length + 12), verdict, ...rules].join(' ');
    }),
  );
  return [...new Set(verdicts)].sort().join('; ') || none;
}

/** What a second costs follows from the package, the resource class and the place of the home; how many seconds it took is no difference. */
function priceOf({ start }: ComparedRun, taskId: string): string {
  const { home, workflow } = start.input;
  const planned = workflow.tasks.find(({ id }) => id === taskId);
  return canonicalJson({ resourceClass: planned?.resourceClass ?? none, cloud: home.cloud, region: home.region });
}
