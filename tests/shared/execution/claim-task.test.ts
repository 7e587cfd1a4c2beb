/** Workers that begin the first tasks of a run at the same time. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cancelExecution } from '../../../shared/execution/actions/cancel-execution.ts';
import { claimTask, type ClaimedTask } from '../../../shared/execution/dispatch/claim-task.ts';
import { runClaimedTask } from '../../../shared/execution/dispatch/dispatch-task.ts';
import type { ExecutionRecord, TaskRecord } from '../../../shared/execution/execution-record.ts';
import { findTask } from '../../../shared/execution/execution-store.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import type { TaskMessage } from '../../../shared/port/task-queue.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const two = `name: two
version: 1.0.0
tasks:
  - { id: one, uses: 'pkg:demo/echo@1.0.0' }
  - { id: two, uses: 'pkg:demo/echo@1.0.0' }
`;

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
  await engine.publish(two);
}, 60_000);
afterEach(async () => engine.close());

/** A run whose messages nobody has taken, with its tasks as two workers read them before anything began. */
async function readByTwo(): Promise<{ run: Execution; found: { head: ExecutionRecord; task: TaskRecord }[] }> {
  const { deps } = engine.home;
  const { queue } = deps;
  const sent: TaskMessage[] = [];
  deps.queue = { send: async (messages) => void sent.push(...messages) };
  const run = await engine.start({ workflow: 'two' });
  deps.queue = queue;
  const found = await Promise.all(sent.map(({ tenant, executionId, taskId }) => findTask(deps, tenant, executionId, taskId)));
  return { run, found: found.flatMap((each) => each ?? []) };
}

/** The claim of a worker whose clock shows this. */
async function claimAt(ms: number, found: { head: ExecutionRecord; task: TaskRecord } | undefined): Promise<ClaimedTask | undefined> {
  const { deps } = engine.home;
  return found && claimTask({ table: deps.table, clock: { ...deps.clock, now: () => ms } }, found.head, found.task);
}

test('the run has started when the first of them began, and its receipt says so', async () => {
  const { deps } = engine.home;
  const { run, found } = await readByTwo();
  const now = Date.parse(run.createdAt);
  const claims = [await claimAt(now + 1, found[0]), await claimAt(now + 1_500, found[1])].flatMap((claim) => claim ?? []);
  expect(claims.map(({ head, task }) => [task.id, head.startedAt, head.state])).toEqual([
    ['one', now + 1, 'running'],
    ['two', now + 1, 'running'],
  ]);
  await Promise.all(claims.map((claim) => runClaimedTask(deps, claim)));
  const ended = await engine.finish(run.id);
  const startedAt = new Date(now + 1).toISOString();
  expect(ended).toMatchObject({ state: 'succeeded', startedAt, tasks: [{ attempts: [{ startedAt }] }, { attempts: [{}] }] });
  const { pem } = await deps.signer.publicKey();
  const { statement } = verifyBundle((await getReceipt(deps, engine.actor, run.id)).bundle, { pem });
  expect(statement.predicate).toMatchObject({ runDetails: { metadata: { startedOn: startedAt } } });
});

test('nobody begins a task that somebody else took meanwhile, or one of a run that was cancelled', async () => {
  const { run, found } = await readByTwo();
  const now = Date.parse(run.createdAt);
  expect(await claimAt(now, found[0])).toMatchObject({ task: { attempt: 1 } });
  expect(await claimAt(now, found[0])).toBeUndefined();
  await cancelExecution(engine.home.deps, engine.actor, { id: run.id, reason: 'enough', claim: undefined });
  expect(await claimAt(now, found[1])).toBeUndefined();
});
