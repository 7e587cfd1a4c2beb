/** Small workflows, and how each of their tasks behaves; number n is the same in every world. */
import { canonicalJson, type Json } from '../../../shared/core/json/canonical-json.ts';
import { Random } from './random.ts';

/** Workflows that worlds choose from. */
export const poolSize = 512;

/** How attempts of a task end: `times` attempts in this way, later ones well. */
export interface Behaviour {
  kind: 'good' | 'error' | 'timeout' | 'fatal' | 'bad-output' | 'no-sandbox' | 'bug' | 'kills-home' | 'denied';
  times: number;
  /** How long a good attempt takes at most. */
  workMs: number;
  /** Whether outputs are too large for an item. */
  isLarge: boolean;
}

export interface TaskModel {
  id: string;
  needs: string[];
  retries: number;
  timeoutMs: number;
  resourceClass: 'small' | 'medium';
  work: Behaviour;
  compensation: Behaviour | undefined;
}

export interface WorkflowModel {
  name: string;
  timeout: string;
  tasks: TaskModel[];
  /** The task whose output the run answers; undefined for a reference that nothing satisfies. */
  answers: string | undefined;
}

const always = 1_000;

const drawn = new Map<number, WorkflowModel>();

export function workflowOf(index: number): WorkflowModel {
  const known = drawn.get(index) ?? drawWorkflow(index);
  drawn.set(index, known);
  return known;
}

/** The workflow whose name this is. */
export function workflowNamed(name: string): WorkflowModel {
  return workflowOf(Number(name.replace('flow-', '')));
}

function drawWorkflow(index: number): WorkflowModel {
  const random = new Random(1_000_003 + index);
  // In some workflows nothing fails by itself: what fails there is a fault of the world.
  const failing = random.chance(0.5) ? 0 : 0.35;
  const ids = Array.from({ length: random.between(1, 6) }, (_, at) => `t${at}`);
  const tasks = ids.map((id, at): TaskModel => {
    const needs = ids.slice(0, at).filter(() => random.chance(0.45));
    return {
      id,
      needs,
      retries: random.pick([0, 0, 1, 3]),
      timeoutMs: random.pick([2_000, 10_000, 60_000]),
      resourceClass: random.pick(['small', 'medium'] as const),
      work: drawBehaviour(random, failing),
      compensation: random.chance(0.5) ? drawBehaviour(random, failing) : undefined,
    };
  });
  const answers = random.chance(0.05) ? undefined : random.pick(ids);
  return { name: `flow-${index}`, timeout: random.pick(['1h', '1h', '2m', '20s']), tasks, answers };
}

function drawBehaviour(random: Random, failing: number): Behaviour {
  const kinds = ['error', 'error', 'timeout', 'fatal', 'bad-output', 'no-sandbox', 'bug', 'kills-home', 'denied'] as const;
  const kind = random.chance(failing) ? random.pick(kinds) : 'good';
  const times = random.pick([1, 2, always]);
  return { kind, times, workMs: random.pick([0, 50, 1_500, 20_000]), isLarge: random.chance(0.04) };
}

/** The manifest in JSON. */
export function manifestText({ name, timeout, tasks, answers }: WorkflowModel): string {
  return JSON.stringify({
    name,
    version: '1.0.0',
    timeout,
    inputs: { word: { type: 'string' } },
    tasks: tasks.map(({ id, needs, retries, timeoutMs, resourceClass, compensation }) => ({
      id,
      uses: 'pkg:sim/work@1.0.0',
      ...(needs.length > 0 && { needs }),
      retries,
      timeout: `${timeoutMs / 1_000}s`,
      resourceClass,
      with: { id, word: '${{ inputs.word }}', from: needs.map((need) => `\${{ tasks.${need}.outputs.text }}`) },
      ...(compensation && { compensate: { uses: 'pkg:sim/undo@1.0.0', with: { id, undo: `\${{ tasks.${id}.outputs.text }}` } } }),
    })),
    outputs: {
      answer: answers === undefined ? `\${{ tasks.${tasks[0]?.id ?? ''}.outputs.nothing }}` : `\${{ tasks.${answers}.outputs.text }}`,
    },
  });
}

/** Text that says what went into it, so a lost or doubled input shows in the answer of the run. */
export function textOf(id: string, { isLarge }: Behaviour, inputs: Json): string {
  let hash = 0x811c9dc5;
  for (const character of canonicalJson([id, inputs])) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return `${id}:${(hash >>> 0).toString(16)}${isLarge ? '.'.repeat(4_100) : ''}`;
}

/** What the run has to answer when it succeeds. */
export function expectedAnswer({ tasks, answers }: WorkflowModel, word: string): string | undefined {
  const texts = new Map<string, string>();
  for (const { id, needs, work } of tasks) texts.set(id, textOf(id, work, { from: needs.map((need) => texts.get(need) ?? ''), id, word }));
  return answers === undefined ? undefined : texts.get(answers);
}
