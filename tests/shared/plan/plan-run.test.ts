import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { createWorkflow } from '../../../shared/manifest/create-workflow.ts';
import { planRun } from '../../../shared/plan/plan-run.ts';
import { Plan, PlanAnswer } from '../../../shared/plan/plan.ts';
import type { BlobStore } from '../../../shared/port/blob-store.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildManifestText } from '../../support/build-manifest.ts';
import { fakePolicy } from '../../support/fake-policy.ts';
import { publishTestPackage } from '../../support/publish-test-package.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const actor = buildActor();
let home: TestHome;

beforeEach(async () => {
  home = buildDeps();
  await addTenant(home.deps);
  await publishTestPackage(home.deps);
});
afterEach(() => home.close());

const planText = (overrides: Record<string, unknown> = {}): Promise<PlanAnswer> =>
  planRun(home.deps, actor, { manifestText: buildManifestText(overrides), inputs: { who: 'Ada' } });
const task = (id: string, fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  uses: 'pkg:demo/echo@1.0.0',
  with: { message: 'x' },
  ...fields,
});

describe('a plan', () => {
  test('names order, packages with digests, limits, estimates and the decision', async () => {
    const answer = await planText({
      inputs: undefined,
      tasks: [task('last', { needs: ['first'] }), task('first', { resourceClass: 'medium', timeout: '1s', retries: 2, region: 'EU' })],
    }).catch((error: unknown) => error);
    expect(answer).toMatchObject({ code: 'mc:execution:inputs-invalid' });
    const { plan, decision, estimatedCostUSD } = await planText({
      tasks: [task('last', { needs: ['first'] }), task('first', { resourceClass: 'medium', timeout: '1s', retries: 2, region: 'EU' })],
    });
    expect(Plan.parse(plan)).toEqual(plan);
    expect(plan.tasks).toMatchObject([
      // 10 per run + 1 s (cut by the timeout) at 4 x 100 a second.
      {
        id: 'first',
        depth: 0,
        resourceClass: 'medium',
        timeoutMs: 1_000,
        retries: 2,
        region: 'EU',
        estimatedMs: 1_000,
        estimatedCostUsdMicros: 410,
        // A tenth of the declared 2 s, and the timeout.
        estimate: { basis: 'declared', samples: 0, lowUsdMicros: 90, highUsdMicros: 410 },
      },
      // 10 per run + 2 s at 100 a second.
      {
        id: 'last',
        depth: 1,
        needs: ['first'],
        resourceClass: 'small',
        timeoutMs: 30_000,
        retries: 0,
        region: 'US',
        estimatedMs: 2_000,
        estimatedCostUsdMicros: 210,
        estimate: { basis: 'declared', samples: 0, lowUsdMicros: 30, highUsdMicros: 2_010 },
      },
    ]);
    expect(plan).toMatchObject({
      region: 'US',
      timeoutMs: 3_600_000,
      estimatedCostUsdMicros: 620,
      estimatedCostLowUsdMicros: 120,
      estimatedCostHighUsdMicros: 2_420,
      estimateBasis: 'estimated',
      sandbox: 'simulated',
    });
    expect(estimatedCostUSD).toBe(0.00062);
    expect(decision).toMatchObject({ point: 'plan', verdict: 'allow', input: { request: { region: 'US', resourceClass: 'medium' } } });
  });

  test('takes what a task leaves open from the manifest, and what that leaves open from the package', async () => {
    await publishTestPackage(home.deps, {
      name: 'demo/call',
      resources: { class: 'large', timeout: '2h' },
      egress: { allow: [{ host: 'a.example', ports: [443] }] },
      compensation: 'pkg:demo/echo@1.0.0',
      effects: 'external',
    });
    const uses = 'pkg:demo/call@1.0.0';
    const own = { egress: { allow: [] }, compensate: { uses, with: { message: 'undo' } } };
    const { plan } = await planText({ region: 'EU', timeout: '10m', tasks: [task('a', { uses }), task('b', { uses, ...own })] });
    expect(plan).toMatchObject({ region: 'EU', timeoutMs: 600_000 });
    const echo = plan.tasks[0]?.compensateDigest;
    expect(echo).toMatch(/^sha256:/);
    expect(plan.tasks).toMatchObject([
      {
        resourceClass: 'large',
        timeoutMs: 3_600_000,
        egress: [{ host: 'a.example', ports: [443] }],
        compensateUses: 'pkg:demo/echo@1.0.0',
        compensateDigest: echo,
        region: 'EU',
      },
      { egress: [], compensateUses: uses, compensateDigest: plan.tasks[1]?.packageDigest },
    ]);
    expect((await planText({ resourceClass: 'small', tasks: [task('a', { uses })] })).plan.tasks[0]?.resourceClass).toBe('small');
  });

  test('is for the region asked for', async () => {
    const { plan, decision } = await planRun(home.deps, actor, { manifestText: buildManifestText({ region: 'US' }), region: 'EU' });
    expect(plan.region).toBe('EU');
    expect(decision.input).toMatchObject({ request: { region: 'EU' }, workflow: { region: 'US' } });
  });

  test('can be had of a stored workflow, drafts too', async () => {
    const { workflow } = await createWorkflow(home.deps, actor, { text: buildManifestText(), mediaType: 'application/yaml' });
    for (const ref of [workflow.id, 'hello', 'hello@1.0.0']) {
      expect((await planRun(home.deps, actor, { workflow: ref })).plan.workflow).toEqual({
        name: 'hello',
        version: '1.0.0',
        digest: workflow.digest,
      });
    }
  });
});

describe('a denial', () => {
  test('is an answer, with the plan', async () => {
    const entry = { effect: 'deny' as const, rule: 'test.no', message: 'no', got: 'a', allowed: 'b', solution: 'c' };
    const policy = fakePolicy([{ pack: 'test', digest: digestBytes('test'), verdict: 'deny', entries: [entry] }]);
    const answer = await planRun({ ...home.deps, policy }, actor, { manifestText: buildManifestText() });
    expect(PlanAnswer.parse(answer).decision.verdict).toBe('deny');
    expect(answer.plan.tasks).toHaveLength(2);
  });

  test('is never made up: an engine that fails is an error', async () => {
    const policy = { evaluate: () => Promise.reject(new Error('broken')) };
    await expect(planRun({ ...home.deps, policy }, actor, { manifestText: buildManifestText() })).rejects.toMatchObject({
      code: 'mc:policy:unavailable',
    });
  });
});

describe('warnings', () => {
  test('tell of the sandbox, unused inputs, missing inputs, effects nobody undoes and a timeout that cuts', async () => {
    await publishTestPackage(home.deps, { name: 'demo/call', effects: 'external' });
    const overrides = {
      inputs: { who: { type: 'string' }, lock: { type: 'file' } },
      timeout: '1m',
      tasks: [task('a', { uses: 'pkg:demo/call@1.0.0', retries: 1 }), task('b', { needs: ['a'] })],
    };
    const { plan } = await planRun(home.deps, actor, { manifestText: buildManifestText(overrides) });
    expect(plan.warnings).toEqual([
      'sandbox: tasks are simulated, no package code runs',
      expect.stringMatching(/^region: this home does not declare where it stands/),
      'the run is stopped after 1m, but its tasks may take 90 s with all their timeouts and retries',
      'the input who is not used',
      'task a: pkg:demo/call@1.0.0 acts on the outside world, and nothing undoes that when the run fails later on',
      'a run needs the inputs who, lock',
    ]);
  });

  test('tell of the timeout that a run has without one, too', async () => {
    const long = { timeout: '40m', retries: 0 };
    const warningsOf = async (...tasks: Record<string, unknown>[]): Promise<string> =>
      (await planRun(home.deps, actor, { manifestText: buildManifestText({ tasks }) })).plan.warnings.join('\n');
    expect(await warningsOf(task('a', long), task('b', { ...long, needs: ['a'] }))).toContain(
      'the run is stopped after 1h, the default, but its tasks may take 4800 s',
    );
    expect(await warningsOf(task('a', long), task('b', long))).not.toContain('is stopped');
  });

  test('are none for a plain run in a full sandbox', async () => {
    const runner = { ...home.deps.runner, level: async () => 'bubblewrap-seccomp' as const };
    const config = { ...home.deps.config, declaredRegion: 'US' };
    const answer = await planRun({ ...home.deps, config, runner }, actor, { manifestText: buildManifestText(), inputs: { who: 'Ada' } });
    expect(answer.plan.warnings).toEqual([]);
  });

  const egress = { allow: [{ host: 'example.com', ports: [443, 8443] }] };
  test.each([
    ['bubblewrap-seccomp', undefined],
    ['bubblewrap', undefined],
    ['simulated', 'no code runs, so nothing is called'],
    ['node-permission', 'where this sandbox has no network namespace, only code that uses the proxy of its own will keeps to that list'],
  ] as const)('tell what declared egress is worth in the sandbox %s, when it is not enforced', async (level, answer) => {
    const runner = { ...home.deps.runner, level: async () => level };
    const manifestText = buildManifestText({ tasks: [task('send', { egress }), task('quiet')] });
    const { plan } = await planRun({ ...home.deps, runner }, actor, { manifestText, inputs: { who: 'Ada' } });
    expect(plan.warnings.filter((warning) => warning.includes('egress'))).toEqual(
      answer === undefined ? [] : [`task send declares egress to example.com:443, example.com:8443; ${answer}`],
    );
  });

  test('shout that the tenant is in shadow mode, when a task has egress', async () => {
    const shadow = { kind: 'update', key: { pk: `T#${actor.tenant}`, sk: 'TENANT' }, set: { egressMode: 'shadow' } } as const;
    expect((await home.deps.table.write([shadow])).ok).toBe(true);
    const open = await planText({ tasks: [task('send', { egress }), task('quiet')] });
    expect(open.plan.warnings).toContainEqual(expect.stringMatching(/SHADOW MODE, this tenant's tasks with egress \(1\)/));
    expect((await planText({ tasks: [task('quiet')] })).plan.warnings.join()).not.toContain('SHADOW');
    expect((await home.deps.table.write([{ ...shadow, set: { egressMode: 'enforce' } }])).ok).toBe(true);
  });

  test('of many hosts name five', async () => {
    const allow = Array.from({ length: 7 }, (_, at) => ({ host: `h${at}.example`, ports: [443] }));
    const { plan } = await planText({ tasks: [task('send', { egress: { allow } })] });
    expect(plan.warnings).toContainEqual(expect.stringContaining('h3.example:443, h4.example:443 and 2 more; '));
  });
});

describe('what cannot be planned', () => {
  test.each([
    ['neither workflow nor manifest', {}, 'mc:request:invalid'],
    ['both', { workflow: 'hello', manifestText: 'x' }, 'mc:request:invalid'],
    ['an unknown workflow', { workflow: 'nobody' }, 'mc:workflow:not-found'],
    ['a bad manifest', { manifestText: 'name: x' }, 'mc:manifest:invalid'],
    [
      'an unknown package',
      { manifestText: buildManifestText({ tasks: [task('a', { uses: 'pkg:demo/none@1.0.0' })] }) },
      'mc:package:not-found',
    ],
    ['inputs the package does not take', { manifestText: buildManifestText({ tasks: [task('a', { with: {} })] }) }, 'mc:manifest:invalid'],
    ['inputs of wrong types', { manifestText: buildManifestText(), inputs: { who: 5 } }, 'mc:execution:inputs-invalid'],
  ])('%s: refused with %3$s', async (_, request, code) => {
    await expect(planRun(home.deps, actor, request)).rejects.toMatchObject({ code });
  });

  test('of many unknown packages only the first twenty are looked for', async () => {
    const tasks = Array.from({ length: 40 }, (__, at) => task(`t${at}`, { uses: `pkg:demo/none${at}@1.0.0` }));
    const error: unknown = await planText({ tasks, inputs: undefined }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'mc:execution:inputs-invalid' });
    await expect(planRun(home.deps, actor, { manifestText: buildManifestText({ tasks }) })).rejects.toMatchObject({
      issues: { length: 20 },
    });
  });
});

describe('planning has no side effect', () => {
  const request = { manifestText: buildManifestText(), inputs: { who: 'Ada' } };

  /** Every row of every table and every file of the home. */
  async function wholeStore(): Promise<unknown> {
    await home.deps.table.query({ pk: 'T#none', limit: 1 }); // A query brings the file up to the journal.
    const database = new DatabaseSync(join(home.folder, 'table.sqlite'), { readOnly: true });
    const names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    const rows = names.map(({ name }) => [name, database.prepare(`SELECT * FROM "${String(name)}"`).all()]);
    database.close();
    const files = readdirSync(home.folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('table.sqlite'));
    return { rows, files: files.sort() };
  }

  test('the whole store is the same before and after, for stored workflows, texts, denials and errors', async () => {
    await createWorkflow(home.deps, actor, { text: buildManifestText(), mediaType: 'application/yaml' });
    const before = await wholeStore();
    expect(JSON.stringify(before)).toContain('hello');
    await planRun(home.deps, actor, { workflow: 'hello' });
    await planRun(home.deps, actor, request);
    await planRun(home.deps, actor, { ...request, inputs: { who: 5 } }).catch(() => undefined);
    await planRun(home.deps, actor, { manifestText: buildManifestText({ tasks: [task('a', { uses: 'pkg:demo/none@1.0.0' })] }) }).catch(
      () => undefined,
    );
    expect(await wholeStore()).toEqual(before);
  });

  test('no port that writes, sends or signs is touched', async () => {
    const { table, blobs } = home.deps;
    const refuse = (what: string) => (): never => {
      throw new Error(`${what} was called`);
    };
    const readOnly = wrapTable(table, { write: refuse('write'), putMany: refuse('putMany'), probe: refuse('probe') });
    const readOnlyBlobs: BlobStore = { find: (...about) => blobs.find(...about), put: refuse('put'), remove: refuse('remove') };
    const others = {
      queue: { send: refuse('send') },
      phases: { start: refuse('start'), finishRun: refuse('finishRun') },
      signer: { publicKey: refuse('publicKey'), sign: refuse('sign') },
    };
    const answer = await planRun({ ...home.deps, ...others, table: readOnly, blobs: readOnlyBlobs }, actor, request);
    expect(answer.decision.verdict).toBe('allow');
  });
});
