/** What must hold of one run when it is over. */
import type { Digest } from '../../../shared/core/digest.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import type { Item } from '../../../shared/port/table.ts';
import { openValue } from '../port/process-deps.ts';
import { prices } from '../world/prices.ts';
import { expectedAnswer, workflowNamed, type TaskModel, type WorkflowModel } from '../world/workflow-model.ts';
import type { Effect, World } from '../world/world.ts';
import { commonTextOf } from './common-text-of.ts';
import { checkReceipt } from './check-receipt.ts';
import { numberOf, textOf } from './read-item.ts';
import type { Expect, StoredRun } from './stored-run.ts';

/** An attempt as it stands in a task. */
interface StoredAttempt {
  attempt: number;
  startedAt: string;
  endedAt: string | null;
  sandbox: string | null;
  logDigest: string | null;
  failure: string | null;
  wallMs: number | null;
  /** What it keeps of the decisions about it, where they have no row of their own. */
  judged?: { common: string; decidedAt: readonly number[] };
}

/** Written by the engine, read here to be judged. */
function attemptsOf(task: Item, field: 'attempts' | 'compensationAttempts'): readonly StoredAttempt[] {
  return task[field] as unknown as readonly StoredAttempt[];
}

type Purpose = 'task' | 'compensation';

/** Retries, five lost attempts and one more, and those that met a store out of order; see retry-policy.ts. */
const mostExtraAttempts = 1 + 6 + 21;
/** Five failures, five lost attempts and one more, and those that met a store out of order; see compensate-run.ts. */
const mostUndoings = 5 + 6 + 21;
/** Attempts that may have gone well without being recorded so: nobody heard of them, or their results could not be kept. */
const unheard = new Set(['lost', 'store', 'policy', 'invalid-output', 'cancelled']);

export function checkRun(world: World, run: StoredRun): void {
  const expect: Expect = (holds, rule, message) => {
    if (!holds) world.violate(rule, `${run.id} ${message}`);
  };
  const { head } = run;
  const state = textOf(head, 'state');
  world.note(`ended ${state}`);
  if ((head['error'] as { failure: string } | null)?.failure === 'outputs') world.note('failed by its outputs');
  checkReceipt(world, run, expect);
  expect(
    run.decision?.['verdict'] === 'allow' || run.decision?.['verdict'] === 'warn',
    'every decision is recorded',
    'has no decision that let it start',
  );
  const model = workflowNamed((head['workflow'] as { name: string }).name);
  const { word } = valueOf(world, head, 'inputs') as { word: string };
  if (state === 'succeeded') {
    const [answer, expected] = [answerOf(world, head), expectedAnswer(model, word)];
    expect(answer === expected, 'results are right', `answers ${JSON.stringify(answer)}, expected ${String(expected)}`);
  }
  let cost = 0;
  for (const task of run.tasks) {
    const modelled = model.tasks.find(({ id }) => id === task['id']);
    if (modelled) checkTask(world, run, { task, model: modelled }, expect);
    cost += costOf(attemptsOf(task, 'attempts'), prices.work, task) + costOf(attemptsOf(task, 'compensationAttempts'), prices.undo, task);
  }
  checkUndoOrder(world, run, model, expect);
  expect(cost === head['actualCostUsdMicros'], 'money balances', `cost ${textOf(head, 'actualCostUsdMicros')}, its attempts ${cost}`);
}

/** What the run answers. */
function answerOf(world: World, head: Item): unknown {
  return (valueOf(world, head, 'outputs') as { answer?: unknown } | undefined)?.answer;
}

/** A value of the run, from its item or from a blob. */
function valueOf({ blobs }: World, head: Item, field: 'inputs' | 'outputs'): unknown {
  const tenant = TenantId.parse(textOf(head, 'tenant'));
  const { sealed, digest } = head[field] as { sealed?: string; digest: Digest };
  const bytes = sealed === undefined ? blobs.get(`${tenant}/data/${digest}`) : openValue(tenant, { sealed, digest });
  return bytes && JSON.parse(Buffer.from(bytes).toString());
}

function costOf(attempts: readonly StoredAttempt[], price: { perRun: number; perSecond: number }, task: Item): number {
  const factor = task['resourceClass'] === 'medium' ? 4 : 1;
  const ran = attempts.filter(({ sandbox }) => sandbox !== null);
  return ran.reduce((sum, { wallMs }) => sum + price.perRun + Math.ceil((price.perSecond * factor * (wallMs ?? 0)) / 1_000), 0);
}

function checkTask(world: World, run: StoredRun, { task, model }: { task: Item; model: TaskModel }, expect: Expect): void {
  const name = textOf(task, 'id');
  const isReused = task['reusedFrom'] !== undefined;
  const compensation = textOf(task, 'compensation');
  const isUndone = run.head['state'] !== 'succeeded' && task['state'] === 'succeeded' && model.compensation !== undefined;
  world.note(`task ended ${textOf(task, 'state')}`);
  world.note(`compensation ended ${compensation}`);
  if (run.head['state'] === 'succeeded')
    expect(task['state'] === 'succeeded', 'results are right', `succeeded, but ${name} is ${textOf(task, 'state')}`);
  const done = compensation === 'done' || compensation === 'failed';
  expect(
    done === isUndone || isReused,
    'compensation exactly once',
    `${name} is ${textOf(task, 'state')}, its compensation ${compensation}`,
  );
  const place = { world, run, task, expect };
  const work = checkAttempts(place, 'task', attemptsOf(task, 'attempts'));
  const undo = checkAttempts(place, 'compensation', attemptsOf(task, 'compensationAttempts'));
  expect(work.length <= model.retries + mostExtraAttempts, 'no attempt beyond those allowed', `${name} was tried ${work.length} times`);
  expect(undo.length <= mostUndoings, 'no attempt beyond those allowed', `${name} was undone ${undo.length} times`);
  const good = attemptsOf(task, 'attempts').filter(({ endedAt, failure }) => endedAt !== null && failure === null);
  expect(good.length === (task['state'] === 'succeeded' && !isReused ? 1 : 0), 'effects once', `${name} has ${good.length} good attempts`);
  const undoings = attemptsOf(task, 'compensationAttempts').filter(({ endedAt, failure }) => endedAt !== null && failure === null);
  expect(undoings.length === (compensation === 'done' ? 1 : 0), 'compensation exactly once', `${name} was undone ${undoings.length} times`);
  expect(isUndone || undo.length === 0, 'compensation exactly once', `${name} was undone, but did not have to be`);
  checkOrder(place, model, work);
}

interface Place {
  world: World;
  run: StoredRun;
  task: Item;
  expect: Expect;
}

/** Every attempt that the world saw is one that was claimed, and no number came twice. */
function checkAttempts({ world, run, task, expect }: Place, purpose: Purpose, attempts: readonly StoredAttempt[]): Effect[] {
  const name = `${textOf(task, 'id')}${purpose === 'task' ? '' : '/compensation'}`;
  const effects = world.effects.filter(({ key }) => key === `${run.id}/${name}`);
  const seen = new Set(effects.map(({ attempt }) => attempt));
  expect(seen.size === effects.length, 'no attempt runs twice', `${name} ran attempts ${effects.map(({ attempt }) => attempt).join()}`);
  for (const { attempt, limitMs, ended } of effects) {
    const stored = attempts.find((other) => other.attempt === attempt);
    expect(stored !== undefined, 'no attempt without a claim', `${name} ran attempt ${attempt}, which nobody claimed`);
    const leftMs = numberOf(run.head, 'deadlineAt') - Date.parse(stored?.startedAt ?? '');
    // Its process looks at the time again after the claim, so there is no more left than at the claim; another process may have claimed it.
    const isWithin = purpose === 'compensation' || stored === undefined || limitMs <= leftMs + world.clockErrorMs;
    expect(isWithin, 'no attempt outlives its run', `${name} attempt ${attempt} may take ${limitMs} ms, but ${leftMs} ms are left`);
    const isTold = stored?.endedAt === null || stored?.failure === null || unheard.has(stored?.failure ?? '');
    expect(
      ended !== 'succeeded' || isTold,
      'results are right',
      `${name} attempt ${attempt} went well, but stands as ${String(stored?.failure)}`,
    );
  }
  for (const { attempt, endedAt, failure, sandbox, logDigest, judged } of attempts) {
    if (failure !== null) world.note(`${purpose} attempt failed: ${failure}`);
    if (endedAt !== null && failure === null) {
      const holds = effects.some((effect) => effect.attempt === attempt && effect.ended === 'succeeded');
      expect(holds, 'results are right', `${name} attempt ${attempt} stands as good, but the world saw nothing of it`);
    }
    if (sandbox === null) continue;
    const row = run.judged.find(({ sk }) => sk === `JUDGED#${purpose}#${textOf(task, 'id')}#${attempt}`);
    const told = [...(judged ? [pointsOf(world, run.pk, judged.common, judged.decidedAt)] : []), ...(row ? [pointsOfRow(world, row)] : [])];
    // Once, in the attempt or in a row.
    const points = told.map((points) => points.join()).join(' and ');
    // Where policy did not answer about the write, nothing was stored.
    const isJudged = points === 'place,task,write' || (points === 'place,task' && failure !== null && logDigest === null);
    expect(isJudged, 'every decision is recorded', `${name} attempt ${attempt} was judged at ${points}`);
  }
  return effects;
}

/** Where policy was asked about an attempt, as it says together with the text that its decisions have in common with others. */
function pointsOf(world: World, pk: string, common: string, made: readonly unknown[]): string[] {
  const { decisions } = JSON.parse(commonTextOf(world.store, pk, common) ?? '{"decisions":[]}') as { decisions: { point: string }[] }; // Written by the engine, read here to be judged.
  return decisions.length === made.length ? decisions.map(({ point }) => point) : [];
}

const pointsOfRow = (world: World, row: Item): string[] =>
  pointsOf(world, row.pk, textOf(row, 'common'), row['made'] as readonly unknown[]);

/** No task begins before all it needs has gone well. */
function checkOrder({ world, run, expect }: Place, { id, needs }: TaskModel, effects: readonly Effect[]): void {
  const first = Math.min(...effects.map(({ beganAt }) => beganAt));
  for (const need of needs) {
    const isThere = world.effects.some(
      ({ key, beganAt, ended }) => key === `${run.id}/${need}` && ended === 'succeeded' && beganAt <= first,
    );
    const isReused = run.tasks.some((task) => task['id'] === need && task['reusedFrom'] !== undefined);
    expect(effects.length === 0 || isThere || isReused, 'needs come first', `${id} began before ${need} had gone well`);
  }
}

/** Nothing is undone before what needed it, directly or through others: every attempt to undo that, of which the engine knows the end, began before. */
function checkUndoOrder(world: World, run: StoredRun, { tasks }: WorkflowModel, expect: Expect): void {
  const needed = new Map<string, Set<string>>();
  // What a task of the model needs stands before it.
  for (const { id, needs } of tasks) needed.set(id, new Set(needs.flatMap((need) => [need, ...(needed.get(need) ?? [])])));
  for (const task of run.tasks) {
    const name = textOf(task, 'id');
    const known = new Set(attemptsOf(task, 'compensationAttempts').flatMap(({ attempt, endedAt }) => (endedAt === null ? [] : [attempt])));
    const own = undoingsOf(world, run, name).filter(({ attempt }) => known.has(attempt));
    const last = Math.max(...own.map(({ beganAt }) => beganAt));
    for (const need of needed.get(name) ?? []) {
      const first = Math.min(...undoingsOf(world, run, need).map(({ beganAt }) => beganAt));
      expect(last <= first, 'nothing is undone before what depends on it', `${need} was undone before ${name}, which needed it`);
    }
  }
}

const undoingsOf = (world: World, run: StoredRun, name: string): Effect[] =>
  world.effects.filter(({ key }) => key === `${run.id}/${name}/compensation`);
