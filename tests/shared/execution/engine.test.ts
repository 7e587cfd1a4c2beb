import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { SoftwareSigner } from '../../../shared/embedded/keys/software-signer.ts';
import { Digest, digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { getDecision } from '../../../shared/decision/decision-store.ts';
import { deniedRules, denyReasons } from '../../../shared/decision/deny-reasons.ts';
import { dispatchTask } from '../../../shared/execution/dispatch/dispatch-task.ts';
import { headKey } from '../../../shared/execution/execution-record.ts';
import { getTenant } from '../../../shared/tenant/tenant-store.ts';
import { readUsage } from '../../../shared/tenant/usage.ts';
import { createWorkflow } from '../../../shared/manifest/create-workflow.ts';
import { publishWorkflow } from '../../../shared/publish/publish-workflow.ts';
import type { StartRequest } from '../../../shared/execution/execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { readLogs } from '../../../shared/execution/read/read-logs.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { compensateRun } from '../../../shared/execution/phases/compensate-run.ts';
import { sealRun } from '../../../shared/execution/phases/seal-run.ts';
import { reconcileRun } from '../../../shared/execution/dispatch/reconcile-run.ts';
import { sweepExecutions } from '../../../shared/execution/dispatch/sweep-executions.ts';
import type { TaskView } from '../../../shared/execution/execution.ts';
import type { Key, Query, Table, WriteOp } from '../../../shared/port/table.ts';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { buildActor } from '../../support/build-deps.ts';
import { readRunReceipt } from '../../support/read-run-receipt.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';
import { publishTestPackage } from '../../support/publish-test-package.ts';
import { startForgotten } from '../../support/start-forgotten.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
}, 60_000);
afterEach(async () => engine.close());

const single = (name: string, more = ''): string =>
  `name: ${name}\nversion: 1.0.0\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0'${more} }]\n`;

describe('a run', () => {
  test('starts every task when its needs are met, passes outputs on, and seals a receipt that verifies', async () => {
    await engine.publish(`name: diamond
version: 1.0.0
inputs: { word: { type: string } }
tasks:
  - { id: a, uses: 'pkg:demo/echo@1.0.0', with: { word: '\${{ inputs.word }}' } }
  - { id: b, uses: 'pkg:demo/echo@1.0.0', needs: [a], with: { word: '\${{ tasks.a.outputs.word }}-b' } }
  - { id: c, uses: 'pkg:demo/echo@1.0.0', needs: [a], with: { word: '\${{ tasks.a.outputs.word }}-c' } }
  - { id: d, uses: 'pkg:demo/echo@1.0.0', needs: [b, c], with: { both: ['\${{ tasks.b.outputs.word }}', '\${{ tasks.c.outputs.word }}'] } }
outputs: { both: '\${{ tasks.d.outputs.both }}' }
`);
    const { id } = await engine.start({ workflow: 'diamond', inputs: { word: 'x' } });
    expect(await engine.finish(id)).toMatchObject({ state: 'succeeded', outputs: { both: ['x-b', 'x-c'] }, error: null });
    expect(engine.attempts.map(({ taskId }) => taskId)).toEqual(['a', expect.stringMatching(/b|c/), expect.stringMatching(/b|c/), 'd']);

    const { deps } = engine.home;
    const receipt = await getReceipt(deps, engine.actor, id);
    const { pem } = await deps.signer.publicKey();
    const { statement } = verifyBundle(receipt.bundle, { pem, artifact: digestBytes(receipt.outputsDocument ?? '') });
    expect(statement.subject[0]).toEqual({ name: 'outputs.json', digest: { sha256: hexOf(digestBytes('{"both":["x-b","x-c"]}')) } });
    expect(statement.predicate).toMatchObject({ mc_receipt: { state: 'succeeded', sandbox: 'simulated', cost: { basis: 'measured' } } });
  });

  test('of 150 tasks, 80 of them released by one completion, ends', async () => {
    const wide = Array.from({ length: 80 }, (_, index) => `  - { id: w${index}, uses: 'pkg:demo/echo@1.0.0', needs: [root] }`);
    const deep = Array.from(
      { length: 68 },
      (_, index) => `  - { id: d${index}, uses: 'pkg:demo/echo@1.0.0', needs: [${index === 0 ? 'w0' : `d${index - 1}`}] }`,
    );
    await engine.publish(
      `name: large\nversion: 1.0.0\ntasks:\n  - { id: root, uses: 'pkg:demo/echo@1.0.0' }\n${[...wide, ...deep].join('\n')}\n`,
    );
    const execution = await engine.finish((await engine.start({ workflow: 'large' })).id);
    expect(execution.state).toBe('succeeded');
    expect(new Set(engine.attempts.map(({ taskId }) => taskId)).size).toBe(149);
    expect(engine.attempts).toHaveLength(149);
  });

  test('retries a failed task with back-off and the same idempotency key, and succeeds', async () => {
    await engine.publish(single('flaky', ', retries: 2'));
    engine.simulate((spec) =>
      spec.attempt < 3 ? failing('not yet', true) : { result: { kind: 'succeeded', outputs: {}, usage: { wallMs: 1 } } },
    );
    const { id, createdAt } = await engine.start({ workflow: 'flaky' });
    const execution = await engine.finish(id);
    expect(execution.tasks[0]?.attempts.map(({ failure }) => failure)).toEqual(['error', 'error', null]);
    expect(new Set(engine.attempts.map(({ idempotencyKey }) => idempotencyKey))).toEqual(new Set([`${id}/only`]));
    // Half of 500 ms and half of 1 s are the shortest pauses that jitter can give.
    expect(Date.parse(execution.endedAt ?? '') - Date.parse(createdAt)).toBeGreaterThanOrEqual(750);
  });

  test('fails when a task is out of retries, starts nothing new, and still ends with a verified receipt', async () => {
    await engine.publish(`name: broken
version: 1.0.0
tasks:
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', retries: 1 }
  - { id: never, uses: 'pkg:demo/echo@1.0.0', needs: [bad] }
`);
    engine.simulate(() => failing('it broke', true));
    const { id } = await engine.start({ workflow: 'broken' });
    expect(await engine.finish(id)).toMatchObject({
      state: 'failed',
      error: { taskId: 'bad', failure: 'error', message: 'it broke' },
      tasks: [
        { id: 'bad', state: 'failed' },
        { id: 'never', state: 'skipped', attempts: [] },
      ],
    });
    const { pem } = await engine.home.deps.signer.publicKey();
    const { statement } = verifyBundle((await getReceipt(engine.home.deps, engine.actor, id)).bundle, { pem });
    expect(statement.predicate).toMatchObject({ mc_receipt: { state: 'failed', error: { taskId: 'bad' } } });
  });

  test('a task that waited for its next attempt when another one failed has failed too, and was not skipped', async () => {
    await engine.publish(`name: pausing
version: 1.0.0
tasks:
  - { id: bad, uses: 'pkg:demo/echo@1.0.0' }
  - { id: pausing, uses: 'pkg:demo/echo@1.0.0', retries: 10 }
`);
    engine.simulate((spec) => (spec.taskId === 'bad' ? { ...failing('it broke', false), delayMs: 200 } : failing('not yet', true)));
    const { id } = await engine.start({ workflow: 'pausing' });
    expect(await engine.finish(id)).toMatchObject({
      state: 'failed',
      error: { taskId: 'bad' },
      tasks: [
        { id: 'bad', state: 'failed' },
        { id: 'pausing', state: 'failed', attempts: [{ failure: 'error' }] },
      ],
    });
    const { steps } = await readRunReceipt(engine.home.deps, engine.actor, id);
    expect(steps.entries).toMatchObject([{ task: 'bad' }, { task: 'pausing', state: 'failed', attempts: [{ failure: 'error' }] }]);
  });

  test('compensates what succeeded, newest first, each once, with its own inputs', async () => {
    const undo = (id: string): string => `compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: '\${{ tasks.${id}.outputs.made }}' } }`;
    await engine.publish(`name: undo
version: 1.0.0
tasks:
  - { id: one, uses: 'pkg:demo/echo@1.0.0', with: { made: 1 }, ${undo('one')} }
  - { id: two, uses: 'pkg:demo/echo@1.0.0', needs: [one], with: { made: 2 }, ${undo('two')} }
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', needs: [two] }
`);
    engine.simulate((spec) =>
      spec.taskId === 'bad'
        ? failing('no', false)
        : {
            result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } },
            delayMs: 5,
            ...('undo' in spec.inputs && { log: [{ at: Date.now(), stream: 'stdout' as const, text: 'undone' }] }),
          },
    );
    const execution = await engine.finish((await engine.start({ workflow: 'undo' })).id);
    expect(execution.tasks.map(({ id, compensation }) => [id, compensation])).toEqual([
      ['bad', 'none'],
      ['one', 'done'],
      ['two', 'done'],
    ]);
    expect(execution.tasks[1]?.compensationAttempts).toMatchObject([
      { attempt: 1, sandbox: 'simulated', failure: null, logDigest: expect.stringMatching(/^sha256:/) },
    ]);
    const { lines } = await readLogs(engine.home.deps, engine.actor, { id: execution.id });
    expect(lines.map(({ taskId, text }) => [taskId, text])).toEqual([
      ['two', 'undone'],
      ['one', 'undone'],
    ]);
    const asked = readLogs(engine.home.deps, engine.actor, { id: execution.id, taskId: 'onee' });
    await expect(asked).rejects.toMatchObject({
      code: 'mc:request:invalid',
      issues: [{ pointer: '/query/task', got: 'onee', allowed: 'bad, one, two', fix: 'Use one, if that was meant.' }],
    });
    const undone = engine.attempts.filter(({ idempotencyKey }) => idempotencyKey.endsWith('/compensation'));
    expect(undone.map(({ inputs }) => inputs)).toEqual([{ undo: 2 }, { undo: 1 }]);
  });

  test('whose output names a value that no task gave fails instead of sealing a guess', async () => {
    await engine.publish(`${single('gap')}outputs: { missing: '\${{ tasks.only.outputs.nothing }}' }\n`);
    const execution = await engine.finish((await engine.start({ workflow: 'gap' })).id);
    expect(execution).toMatchObject({ state: 'failed', error: { failure: 'outputs' } });
  });

  test('past its deadline fails with a timeout and ends', async () => {
    await engine.publish(
      `${single('late')}timeout: 1s\n`.replace("uses: 'pkg:demo/echo@1.0.0'", "uses: 'pkg:demo/echo@1.0.0', retries: 5"),
    );
    engine.simulate(() => ({ ...failing('slow', true), delayMs: 900 }));
    const execution = await engine.finish((await engine.start({ workflow: 'late' })).id);
    expect(execution.state).toBe('failed');
    expect(engine.attempts).toHaveLength(1);
  });
});

describe('exactly once', () => {
  test('the same message handled by many dispatchers at once runs one attempt', async () => {
    await engine.publish(single('once'));
    engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, delayMs: 20 }));
    const { id } = await engine.start({ workflow: 'once' });
    const message = { tenant: engine.actor.tenant, executionId: id, taskId: 'only' } as const;
    await Promise.all(Array.from({ length: 10 }, () => dispatchTask(engine.home.deps, message)));
    await engine.finish(id);
    expect(engine.attempts).toHaveLength(1);
  });

  test('an idempotency key starts one run however often and however concurrently it is sent', async () => {
    await engine.publish(single('keyed'));
    const started = await Promise.all(Array.from({ length: 8 }, () => engine.start({ workflow: 'keyed', idempotencyKey: 'k' })));
    expect(new Set(started.map(({ id }) => id)).size).toBe(1);
    await expect(engine.start({ workflow: 'keyed', region: 'US', idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'mc:idempotency:conflict',
    });
  });

  test('many sealers of one run leave one receipt, and none seals it before it ended', async () => {
    await engine.publish(single('sealed'));
    const { deps } = engine.home;
    deps.phases = { start: async () => undefined, finishRun: async () => undefined };
    engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, delayMs: 100 }));
    const { id } = await engine.start({ workflow: 'sealed' });
    const input = { tenant: engine.actor.tenant, executionId: id };
    await expect(sealRun(deps, input)).rejects.toThrow('before it ended');
    while ((await getExecution(deps, engine.actor, id)).tasks[0]?.state !== 'succeeded') await delay(10);
    await Promise.all(Array.from({ length: 5 }, () => sealRun(deps, input)));
    const { receiptId } = await engine.finish(id);
    expect((await getReceipt(deps, engine.actor, id)).receiptId).toBe(receiptId);
    expect(engine.home.metrics.counted(metricNames.receiptsTotal)).toBe(1);
  });

  test('a sweep that saw a compensation running does not free it once it is done', async () => {
    await engine.publish(`name: undone
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', needs: [made] }
`);
    const { deps } = engine.home;
    deps.phases = { start: async () => undefined, finishRun: async () => undefined };
    engine.simulate((spec) => (spec.taskId === 'bad' ? failing('no', false) : simulateEcho(spec)));
    const { id } = await engine.start({ workflow: 'undone' });
    const input = { tenant: engine.actor.tenant, executionId: id };
    const made = async (): Promise<TaskView | undefined> =>
      (await getExecution(deps, engine.actor, id)).tasks.find((task) => task.id === 'made');
    while ((await getExecution(deps, engine.actor, id)).tasks.some(({ state }) => state !== 'succeeded' && state !== 'failed'))
      await delay(10);
    await compensateRun(deps, input);
    expect(await made()).toMatchObject({ compensation: 'done' });

    const stale: Table = Object.create(deps.table, {
      query: {
        value: async (query: Query) => {
          const page = await deps.table.query(query);
          return { ...page, items: page.items.map((item) => (item['id'] === 'made' ? { ...item, compensation: 'running' } : item)) };
        },
      },
      write: { value: (ops: readonly WriteOp[]) => deps.table.write(ops) },
      get: { value: (key: Key) => deps.table.get(key) },
      getMany: { value: (keys: readonly Key[]) => deps.table.getMany(keys) },
    }) as Table; // A look at the table from before the compensation ended.
    await reconcileRun({ ...deps, table: stale }, input, () => true);
    expect(await made()).toMatchObject({ compensation: 'done' });
  });

  test('a sweep gives up attempts whose lease ran out, and the run ends', async () => {
    await engine.publish(single('orphan'));
    const { deps } = engine.home;
    let release = (): void => undefined;
    const blocked = new Promise<void>((resolve) => (release = resolve));
    let isFirst = true;
    const provision = deps.runner.provision.bind(deps.runner);
    deps.runner.provision = async (spec) => {
      if (isFirst) {
        isFirst = false;
        await blocked; // As if this dispatcher were dead.
      }
      return provision(spec);
    };
    const { id } = await engine.start({ workflow: 'orphan' });
    await delay(50);
    const { tenant } = engine.actor;
    // The attempt began with the run, so its lease has run out too.
    await deps.table.write([{ kind: 'update', key: headKey(tenant, id), add: { createdAt: -3_600_000 } }]);
    expect(await sweepExecutions(deps)).toMatchObject({ looked: 1 });
    release();
    const execution = await engine.finish(id);
    expect(execution.state).toBe('succeeded');
    expect(execution.tasks[0]?.attempts[0]).toMatchObject({ failure: 'lost' });
    expect((await getReceipt(deps, engine.actor, id)).receiptId).toBe(execution.receiptId);
  });
});

describe('a hand-over that fails after admission', () => {
  test('does not fail the start; the sweep starts the supervision, and the run ends', async () => {
    await engine.publish(single('forgotten'));
    const { deps } = engine.home;
    const id = await startForgotten(engine, 'forgotten');
    await expect(getReceipt(deps, engine.actor, id)).rejects.toMatchObject({ code: 'mc:execution:not-sealed' });
    await deps.table.write([{ kind: 'update', key: headKey(engine.actor.tenant, id), add: { createdAt: -120_000 } }]);
    await sweepExecutions(deps);
    expect((await engine.finish(id)).state).toBe('succeeded');
  });
});

describe('a run that a sweep cannot mend', () => {
  test('does not keep the runs behind it from being mended, and the sweep says that it failed', async () => {
    await engine.publish(single('forgotten'));
    const { deps } = engine.home;
    const { phases } = deps;
    const withStart = (start: typeof phases.start): typeof phases => ({ start, finishRun: (input, end) => phases.finishRun(input, end) });
    deps.phases = withStart(() => Promise.reject(new Error('throttled')));
    const ids = [(await engine.start({ workflow: 'forgotten' })).id, (await engine.start({ workflow: 'forgotten' })).id].sort();
    await delay(100);
    for (const id of ids) await deps.table.write([{ kind: 'update', key: headKey(engine.actor.tenant, id), add: { createdAt: -120_000 } }]);
    deps.phases = withStart((input) => (input.executionId === ids[0] ? Promise.reject(new Error('odd')) : phases.start(input)));
    await expect(sweepExecutions(deps)).rejects.toThrow('1 of 2 open runs could not be looked after');
    expect((await engine.finish(ids[1] ?? '')).state).toBe('succeeded');
    deps.phases = phases;
    await sweepExecutions(deps);
    expect((await engine.finish(ids[0] ?? '')).state).toBe('succeeded');
  });
});

describe('a home with as many open runs as it takes', () => {
  test('refuses a further one without writing anything, and takes it when one has ended', async () => {
    const small = await openEngine({ maxOpenRuns: 1 });
    await small.publish(single('one'));
    small.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, delayMs: 100 }));
    const { id } = await small.start({ workflow: 'one' });
    await expect(small.start({ workflow: 'one' })).rejects.toMatchObject({ code: 'mc:host:overloaded' });
    const runs = await small.home.deps.table.query({ index: 'gsi1', pk: 'T#acme#X', limit: 10 });
    expect(runs.items).toHaveLength(1);
    await small.finish(id);
    while (small.home.pending() > 0) await delay(10);
    expect((await small.finish((await small.start({ workflow: 'one' })).id)).state).toBe('succeeded');
    await small.close();
  });

  test('puts callers first until it is nearly full, and then the runs that are open', async () => {
    const small = await openEngine({ maxOpenRuns: 10 });
    await small.publish(single('one'));
    const held = Promise.withResolvers<void>();
    small.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, until: held.promise }));
    for (let request = 0; request < 100; request += 1) small.home.gate.enter();
    const ids: string[] = [];
    while (small.home.gate.putsCallersFirst) ids.push((await small.start({ workflow: 'one' })).id);
    expect(ids).toHaveLength(9);
    held.resolve();
    for (const id of ids) expect((await small.finish(id)).state).toBe('succeeded');
    await small.close();
  });
});

describe('fail closed', () => {
  test('a run whose signer signs with another key than it shows is never terminal', async () => {
    await engine.publish(single('forged'));
    const { deps } = engine.home;
    const forger = new SoftwareSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    const honest = deps.signer;
    deps.signer = { publicKey: () => honest.publicKey(), sign: (message) => forger.sign(message) };
    const { id } = await engine.start({ workflow: 'forged' });
    await delay(500);
    await expect(getReceipt(deps, engine.actor, id)).rejects.toMatchObject({ code: 'mc:execution:not-sealed' });
    deps.signer = honest;
    expect((await engine.finish(id)).state).toBe('succeeded');
  });

  test('a denied run leaves a recorded decision, an audit event and no run, no slot and no money', async () => {
    await engine.publish(single('here').replace('tasks:', 'region: US\ntasks:'));
    const { deps } = engine.home;
    const result = await startExecution(deps, engine.actor, { workflow: 'here', region: 'EU' });
    expect(result).toMatchObject({ kind: 'denied', decision: { verdict: 'deny' } });
    const runs = await deps.table.query({ index: 'gsi1', pk: `T#acme#X`, limit: 10 });
    expect(runs.items).toEqual([]);
    const id = result.kind === 'denied' ? result.decision.id : '';
    expect(await getDecision(deps, engine.actor.tenant, id)).toMatchObject({ verdict: 'deny', executionId: null });
    const events = await deps.table.query({ pk: 'T#acme#AUDIT', limit: 10, reverse: true });
    expect(events.items[0]?.['event']).toMatchObject({ type: 'mc.exec.deny', subject: id });
    const usage = await readUsage(deps, await getTenant(deps, engine.actor.tenant));
    expect(usage).toMatchObject({ inUse: 0, reservedUsdMicros: 0, measuredUsdMicros: 0 });
  });

  test("another tenant's run is not found", async () => {
    await engine.publish(single('mine'));
    const { id } = await engine.start({ workflow: 'mine' });
    await engine.finish(id);
    await expect(getReceipt(engine.home.deps, buildActor(['admin'], 'other'), id)).rejects.toMatchObject({
      code: 'mc:execution:not-found',
    });
  });
});

describe('the receipt', () => {
  /** `internalParameters` and `resolvedDependencies` of the signed statement, as far as these tests read them. */
  const Definition = z.object({
    buildDefinition: z.object({
      internalParameters: z.object({ cloud: z.string(), homeRegion: z.string().nullable() }),
      resolvedDependencies: z.array(z.object({ name: z.string(), uri: z.string(), digest: z.object({ sha256: z.string() }) })),
    }),
    mc_receipt: z.object({ steps: z.object({ entries: z.array(z.object({ uses: z.string() })) }) }),
  });

  async function sealed(workflow: string): Promise<z.infer<typeof Definition>> {
    const { id } = await engine.start({ workflow });
    await engine.finish(id);
    const { pem } = await engine.home.deps.signer.publicKey();
    const { statement } = verifyBundle((await getReceipt(engine.home.deps, engine.actor, id)).bundle, { pem });
    return Definition.parse(statement.predicate);
  }

  test('names every package by the address its release was signed under, and in steps as the manifest spells it', async () => {
    const { deps } = engine.home;
    const uses = 'pkg:demo/own@1.0.0';
    const any = { type: 'object' } as const;
    const own = await publishTestPackage(
      deps,
      { name: 'demo/own', inputs: any, outputs: any, compensation: 'pkg:demo/sleep@1.0.0' },
      'acme',
    );
    await engine.publish(
      `name: named\nversion: 1.0.0\ntasks: [{ id: a, uses: '${uses}' }, { id: b, uses: 'pkg:demo/echo@1.0.0' }, { id: c, uses: '${uses}' }]\n`,
    );
    const { buildDefinition, mc_receipt } = await sealed('named');
    const packages = buildDefinition.resolvedDependencies.filter(({ name }) => name !== 'manifest');
    const address = (owner: string, name: string, sha256: string): string =>
      `pkg:oci/${name}@sha256:${sha256}?repository_url=mc.local%2F${owner}%2Fdemo%2F${name}&tag=1.0.0`;
    expect(packages.map(({ name, uri }) => [name, uri])).toEqual([
      ['pkg:demo/echo@1.0.0', address('mc-catalog', 'echo', packages[0]?.digest.sha256 ?? '')],
      [uses, address('acme', 'own', packages[1]?.digest.sha256 ?? '')],
      ['pkg:demo/sleep@1.0.0', address('mc-catalog', 'sleep', packages[2]?.digest.sha256 ?? '')],
    ]);
    expect(new Set(mc_receipt.steps.entries.map((entry) => entry.uses))).toEqual(new Set([uses, 'pkg:demo/echo@1.0.0']));
    expect(packages[1]?.digest.sha256).toBe(hexOf(own.digest));
    const release = await deps.table.get({ pk: `T#acme#REL#${own.releaseId}`, sk: 'REL' });
    const stored = await deps.blobs.find(engine.actor.tenant, 'receipt', Digest.parse(release?.['bundleDigest']));
    const signed = verifyBundle(JSON.parse(Buffer.from(stored ?? []).toString('utf8')), await deps.signer.publicKey());
    expect(signed.statement.predicate['purl']).toBe(packages[1]?.uri);
  });

  test('says that the home did not declare where it stands', async () => {
    await engine.publish(single('somewhere'));
    expect((await sealed('somewhere')).buildDefinition.internalParameters).toMatchObject({ cloud: 'local', homeRegion: null });
  });
});

describe('a home that declares where it stands', () => {
  let european: Engine;
  beforeEach(async () => {
    european = await openEngine({ region: 'EU' });
  }, 60_000);
  afterEach(async () => european.close());

  test('runs what is for its region or names none, and its receipt says where it stands', async () => {
    await european.publish(single('anywhere'));
    const { id } = await european.start({ workflow: 'anywhere' });
    expect(await european.finish(id)).toMatchObject({ state: 'succeeded', region: 'EU' });
    const { bundle } = await getReceipt(european.home.deps, european.actor, id);
    const { statement } = verifyBundle(bundle, await european.home.deps.signer.publicKey());
    expect(statement.predicate['buildDefinition']).toMatchObject({
      externalParameters: { region: 'EU' },
      internalParameters: { homeRegion: 'EU' },
    });
  });

  test('denies a run for another region, and the publication of one with a task elsewhere', async () => {
    await european.publish(single('anywhere'));
    const { deps } = european.home;
    const rulesOf = async (request: StartRequest): Promise<string[]> => {
      const result = await startExecution(deps, european.actor, request);
      return result.kind === 'denied' ? denyReasons(result.decision).map(({ rule }) => rule) : [];
    };
    expect(await rulesOf({ workflow: 'anywhere', region: 'US' })).toEqual(['residency.home_region_mismatch', 'residency.region_mismatch']);
    expect(await rulesOf({ workflow: 'anywhere', region: 'EU' })).toEqual([]);
    const text = single('partly', ', region: US');
    const { workflow } = await createWorkflow(deps, european.actor, { text, mediaType: 'application/yaml' });
    const published = await publishWorkflow(deps, european.actor, { id: workflow.id });
    expect(published.kind === 'denied' ? deniedRules(published.decision) : []).toEqual([
      'residency.home_region_mismatch',
      'residency.task_region_mismatch',
    ]);
  });
});
