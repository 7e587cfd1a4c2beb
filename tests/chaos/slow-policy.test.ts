import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadShippedPacks } from '../../policy/engine/load-shipped-packs.ts';
import type { WasmPolicyEngine } from '../../policy/engine/wasm-policy-engine.ts';
import { digestBytes } from '../../shared/core/digest.ts';
import { listExecutions } from '../../shared/execution/read/list-executions.ts';
import { metricNames } from '../../shared/port/metrics.ts';
import { addTenant } from '../support/add-tenant.ts';
import { buildActor } from '../support/build-deps.ts';
import { fixtureBundle } from '../support/build-policy-bundle.ts';
import { openEngine, type Engine } from '../support/open-engine.ts';
import { startExecution } from '../../shared/execution/admit/start-execution.ts';
import { createWorkflow } from '../../shared/manifest/create-workflow.ts';
import { publishDraft } from '../support/publish-draft.ts';

/** What the seed injects. */
const spikeMs = 1_000;
/** A request that waits for policy longer than this has a person waiting. */
const answerMaxMs = 950;

const once = `name: once
version: 1.0.0
tasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0', retries: 8 }]
`;
const twice = `name: twice
version: 1.0.0
tasks:
  - { id: a, uses: 'pkg:demo/echo@1.0.0', retries: 8, with: { n: 1 } }
  - { id: b, uses: 'pkg:demo/echo@1.0.0', retries: 8, needs: [a], with: { n: 2 } }
`;
const legacy = { name: 'legacy', version: '1.0.0', digest: digestBytes(fixtureBundle('legacy')) };
/** A tenant with a pack of its own. */
const beta = buildActor(['admin'], 'beta');

let engine: Engine;
let policy: WasmPolicyEngine;
/** How slow policy is now: the time a shipped pack takes by the clock of its engine, and what the store takes to hand out a tenant's pack. */
let packMs = 0;
let storeMs = 0;

/** The shipped packs behind a store of tenants' packs, as a home has them that has just started. */
async function openPolicy(): Promise<WasmPolicyEngine> {
  let elapsedMs = 0;
  const load = async (): Promise<Uint8Array> => {
    await delay(storeMs);
    return fixtureBundle('legacy');
  };
  return loadShippedPacks(undefined, { elapsedMs: () => (elapsedMs += packMs), own: { load } });
}

beforeEach(async () => {
  [packMs, storeMs] = [0, 0];
  engine = await openEngine();
  engine.home.deps.policy = policy = await openPolicy();
  await engine.publish(once);
}, 60_000);
afterEach(async () => {
  await policy.close();
  await engine.close();
});

/** Asks for a start that must be refused; answers how long the caller waited. */
async function refusedStart(actor = engine.actor): Promise<number> {
  const askedAt = performance.now();
  await expect(startExecution(engine.home.deps, actor, { workflow: 'once' })).rejects.toMatchObject({
    code: 'mc:policy:unavailable',
    retry: 'backoff',
    message: expect.stringMatching(/^Policy pack .* gave no usable verdict.*othing was admitted/),
  });
  return performance.now() - askedAt;
}

const evaluations = (): Float64Array => engine.home.metrics.samples(metricNames.policyEvalMs);

describe('policy that takes a second longer than usual', () => {
  test('admits nothing, starts nothing, says why and is counted; when it is fast again, everything goes on', async () => {
    const before = evaluations().length;
    packMs = spikeMs;
    await refusedStart();
    expect(evaluations().length).toBe(before + 1);
    expect(engine.attempts).toEqual([]);
    expect(await listExecutions(engine.home.deps, engine.actor, { limit: 10 })).toEqual({ items: [] });
    expect(await engine.home.deps.table.get({ pk: 'T#acme#USAGE', sk: 'RUNS' })).toMatchObject({ inUse: 0 });

    packMs = 0;
    const { id } = await engine.start({ workflow: 'once' });
    expect(await engine.finish(id)).toMatchObject({ state: 'succeeded' });
  });

  test('lets no task of a run that goes on begin; the task waits, and begins when policy is fast again', async () => {
    let end: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (end = resolve));
    engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 0 } }, until: held }));
    await engine.publish(twice);
    const { id } = await engine.start({ workflow: 'twice' });
    packMs = spikeMs;
    end();
    await delay(1_200);
    const begun = engine.attempts.map(({ taskId }) => taskId);
    packMs = 0;
    const ended = await engine.finish(id);
    expect(ended).toMatchObject({ state: 'succeeded' });
    expect(ended.tasks.flatMap(({ attempts }) => attempts.map(({ failure }) => failure))).toContain('policy');
    expect(engine.attempts.filter(({ taskId }) => taskId === 'b')).toHaveLength(1);
    expect(begun).not.toContain('b');
  });

  test('because the store hands out a pack late, answers before the second is over and holds up no other tenant', async () => {
    const { deps } = engine.home;
    await addTenant(deps, { id: 'beta', packs: [legacy] });
    const { workflow } = await createWorkflow(deps, beta, { text: once, mediaType: 'application/yaml' });
    await publishDraft(deps, beta, { id: workflow.id });
    await policy.close();
    deps.policy = policy = await openPolicy();
    const before = evaluations().length;
    storeMs = spikeMs;
    const [waitedMs] = await Promise.all([refusedStart(beta), engine.start({ workflow: 'once' })]);
    expect(waitedMs).toBeLessThan(answerMaxMs);
    expect(evaluations().at(-1)).toBeGreaterThan(700);
    expect(evaluations().length).toBeGreaterThan(before);
    expect(await listExecutions(deps, beta, { limit: 10 })).toEqual({ items: [] });

    storeMs = 0;
    expect(await startExecution(deps, beta, { workflow: 'once' })).toMatchObject({ kind: 'started' });
  });
});
