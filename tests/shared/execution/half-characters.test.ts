/** Half of a surrogate pair has no canonical form, so none may get into a receipt: the run would stay open for ever. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Json } from '../../../shared/core/json/canonical-json.ts';
import { McError } from '../../../shared/core/errors.ts';
import { cancelExecution } from '../../../shared/execution/actions/cancel-execution.ts';
import { headKey, taskKey } from '../../../shared/execution/execution-record.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { sealRun } from '../../../shared/execution/phases/seal-run.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { giveTasksRows } from '../../support/earlier-versions/rows-of-tasks.ts';
import { buildEgressRow, buildEgressTrace } from '../../support/build-egress-trace.ts';
import { allowing, fakePolicy } from '../../support/fake-policy.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
}, 60_000);
afterEach(async () => engine.close());

const one = `name: one
version: 1.0.0
tasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0' }]
`;
const undone = `name: undone
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', needs: [made] }
`;

async function run(manifest: string): Promise<Execution> {
  await engine.publish(manifest);
  const { id } = await engine.start({ workflow: /^name: (\w+)/.exec(manifest)?.[1] ?? '' });
  return engine.finish(id);
}

/** The whole statement of the receipt, which verifies. */
async function receiptOf(id: string): Promise<string> {
  const { bundle } = await getReceipt(engine.home.deps, engine.actor, id);
  return JSON.stringify(verifyBundle(bundle, await engine.home.deps.signer.publicKey()).statement);
}

describe('half a character', () => {
  test.each([
    ['in the message of a task', 'bad \ud83d half', 'bad \ufffd half'],
    ['where the message of a task is cut', `${'x'.repeat(1_999)}😀 and so on`, 'x'.repeat(1_999)],
  ])('%s ends with the run', async (_, message, kept) => {
    engine.simulate(() => failing(message, false));
    const execution = await run(one);
    expect(execution).toMatchObject({ state: 'failed', error: { message: kept }, tasks: [{ attempts: [{ message: kept }] }] });
    expect(await receiptOf(execution.id)).toContain(kept);
  });

  test('is not made where a message is cut to make room for what egress was refused', async () => {
    const told = '; egress blocked once: ';
    engine.simulate(() => ({ ...failing('😀'.repeat(1_000), false), egress: buildEgressTrace([buildEgressRow()], { blocked: 1 }) }));
    const withEgress = one.replace(' }]', ', egress: { allow: [{ host: api.example.com, ports: [443] }] } }]');
    const { id, error } = await run(withEgress);
    expect(error?.message).toMatch(new RegExp(`^(😀)+${told}`, 'u'));
    expect(await receiptOf(id)).toContain(told);
  });

  test('in the reasons of a policy or in an error of ours is mended too', async () => {
    const { deps } = engine.home;
    const entry = { effect: 'deny', rule: 'loud.no', got: 'g', allowed: 'a', solution: 's' } as const;
    await engine.publish(one);
    const calm = deps.policy;
    const loud = fakePolicy([{ ...allowing('loud'), verdict: 'deny', entries: [{ ...entry, message: `x${'😀'.repeat(1_200)}` }] }]);
    deps.policy = { evaluate: async (point, input, own) => (point === 'task' ? loud : calm).evaluate(point, input, own) };
    const denied = await engine.finish((await engine.start({ workflow: 'one' })).id);
    expect(denied).toMatchObject({ state: 'failed', error: { failure: 'policy', message: expect.stringMatching(/loud\.no: x(😀)+$/u) } });
    deps.policy = calm;
    const { runner } = deps;
    deps.runner = {
      ...runner,
      provision: () => Promise.reject(new McError('mc:runner:refused', `not here \ud83d ${'x'.repeat(1_988)}😀`)),
    };
    const refused = await engine.finish((await engine.start({ workflow: 'one' })).id);
    expect(refused).toMatchObject({ state: 'failed', error: { failure: 'sandbox', message: `not here \ufffd ${'x'.repeat(1_988)}` } });
    expect([await receiptOf(denied.id), await receiptOf(refused.id)]).toEqual([expect.any(String), expect.any(String)]);
  });

  test('in the message of a compensation ends with the run', async () => {
    engine.simulate((spec) => {
      if (spec.taskId === 'made' && !spec.idempotencyKey.endsWith('/compensation')) return simulateEcho(spec);
      return failing('not undone \ud83d', false);
    });
    const execution = await run(undone);
    const made = execution.tasks.find(({ id }) => id === 'made');
    expect(made).toMatchObject({ compensation: 'failed', compensationAttempts: [{ message: 'not undone \ufffd' }] });
    expect(await receiptOf(execution.id)).toContain('not undone \ufffd');
  });

  test('in the reason of a cancel, which only other callers than HTTP can give, ends with the run', async () => {
    await engine.publish(one);
    engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 60_000 }));
    const { id } = await engine.start({ workflow: 'one' });
    await cancelExecution(engine.home.deps, engine.actor, { id, reason: 'wrong \ud83d', claim: undefined });
    expect(await engine.finish(id)).toMatchObject({ state: 'cancelled', cancellation: { reason: 'wrong \ufffd' } });
    const audit = await engine.home.deps.table.query({ pk: 'T#acme#AUDIT', limit: 100 });
    expect(JSON.stringify(audit.items)).toContain('wrong \ufffd');
    expect(await receiptOf(id)).toContain('wrong \ufffd');
  });

  test('in the rows of an earlier version no longer keeps the run open', async () => {
    await engine.publish(one);
    const { home, actor } = engine;
    const { deps } = home;
    deps.phases = { start: async () => undefined, finishRun: async () => undefined };
    engine.simulate(() => failing('made later', false));
    const { id } = await engine.start({ workflow: 'one' });
    while ((await getExecution(deps, actor, id)).tasks[0]?.state !== 'failed') await delay(5);
    await giveTasksRows(deps, actor.tenant, id);
    const task = await deps.table.get(taskKey(actor.tenant, id, 'only'));
    const attempts = JSON.parse(JSON.stringify(task?.['attempts']).replace('made later', 'half \\ud83d')) as Json; // As it was written.
    const cancellation = { by: actor.sub, reason: 'why \ud83d', at: '2026-11-21T10:00:00.000Z' };
    const error = { taskId: 'only', failure: 'error', message: 'half \ud83d' };
    await deps.table.write([
      { kind: 'update', key: taskKey(actor.tenant, id, 'only'), set: { attempts } },
      { kind: 'update', key: headKey(actor.tenant, id), set: { error, cancellation } },
    ]);
    expect(await sealRun(deps, { tenant: actor.tenant, executionId: id })).toEqual({ isSealed: true });
    const receipt = await receiptOf(id);
    expect(receipt.match(/half \ufffd/g)).toHaveLength(2);
    expect(receipt).toContain('why \ufffd');
  });
});
