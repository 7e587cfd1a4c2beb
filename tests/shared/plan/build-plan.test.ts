import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { learnFromRun } from '../../../shared/estimate/learn-from-run.ts';
import { uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { parseManifest } from '../../../shared/manifest/parse-manifest.ts';
import { buildPlan } from '../../../shared/plan/build-plan.ts';
import { planRun } from '../../../shared/plan/plan-run.ts';
import type { Plan } from '../../../shared/plan/plan.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildManifestText } from '../../support/build-manifest.ts';
import { publishTestPackage } from '../../support/publish-test-package.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const actor = buildActor();
const { tenant } = actor;
const uses = 'pkg:demo/echo@1.0.0';
const tasks = [
  { id: 'greet', uses, with: { message: 'x' } },
  { id: 'again', uses, needs: ['greet'], with: { message: 'x' } },
];
const text = buildManifestText({ tasks });
const pinned = parseManifest(text, 'application/yaml');
let home: TestHome;

beforeEach(async () => {
  home = buildDeps();
  await addTenant(home.deps);
  await publishTestPackage(home.deps);
});
afterEach(() => home.close());

/** Runs of the workflow with inputs of this size, each with a task `greet` of a second and a task `again` of three. */
async function runTimes(runs: number, inputBytes: number): Promise<void> {
  for (let run = 0; run < runs; run += 1) {
    await learnFromRun(home.deps, tenant, {
      workflow: pinned.manifest.name,
      isSucceeded: true,
      inputBytes,
      estimatedUsdMicros: 420,
      actualUsdMicros: 420,
      attempts: [
        { uses, resourceClass: 'small', taskId: 'greet', wallMs: 1_000 },
        { uses, resourceClass: 'small', taskId: 'again', wallMs: 3_000 },
      ],
    });
  }
}
const basesOf = (plan: Plan): unknown[] => plan.tasks.map(({ estimate: { basis, samples } }) => `${basis} ${samples}`);

describe('a plan', () => {
  test('is made once for equal questions of the same moment', async () => {
    const first = await buildPlan(home.deps, tenant, pinned);
    expect(await buildPlan(home.deps, tenant, pinned, { region: 'US' })).toBe(first);
    expect(await buildPlan(home.deps, tenant, pinned, { region: 'EU' })).not.toBe(first);
    expect(await buildPlan(home.deps, buildActor(['admin'], 'other').tenant, pinned)).not.toBe(first);
    const small = await buildPlan(home.deps, tenant, pinned, { inputBytes: 2 });
    expect(await buildPlan(home.deps, tenant, pinned, { inputBytes: 1_000 })).toBe(small);
    expect(await buildPlan(home.deps, tenant, pinned, { inputBytes: 1_024 })).not.toBe(small);
  });

  test('of a burst reads what was learned once, and again after two seconds', async () => {
    let batches = 0;
    const { table } = home.deps;
    const counted = wrapTable(table, {
      getMany: (keys) => {
        if (keys.some(({ pk }) => pk.endsWith('#EST'))) batches += 1;
        return table.getMany(keys);
      },
    });
    const deps = { ...home.deps, table: counted };
    for (let run = 0; run < 50; run += 1) await buildPlan(deps, tenant, pinned, { inputBytes: 2 });
    expect(batches).toBe(1);
    home.clock.advance(1_999);
    await buildPlan(deps, tenant, pinned, { inputBytes: 2 });
    expect(batches).toBe(1);
    home.clock.advance(1);
    await buildPlan(deps, tenant, pinned, { inputBytes: 2 });
    expect(batches).toBe(2);
  });
});

describe('the price of a plan', () => {
  test('is of the own package that a tenant pushes under a name of the catalog, after two seconds at the latest', async () => {
    const [shipped] = (await buildPlan(home.deps, tenant, pinned)).tasks;
    const own = await publishTestPackage(home.deps, { description: 'Ours.' }, tenant);
    expect(own.digest).not.toBe(shipped?.packageDigest);
    home.clock.advance(2_000);
    const { tasks: planned } = await buildPlan(home.deps, tenant, pinned);
    expect(planned.map(({ packageDigest, packageOwner }) => [packageDigest, packageOwner])).toEqual(
      planned.map(() => [own.digest, tenant]),
    );
    const others = await buildPlan(home.deps, buildActor(['admin'], 'other').tenant, pinned);
    expect(others.tasks.map(({ packageDigest }) => packageDigest)).toEqual(planned.map(() => shipped?.packageDigest));
  });

  test('is learned from the runs of the tenant, task by task, with an interval', async () => {
    const before = await buildPlan(home.deps, tenant, pinned, { inputBytes: 2 });
    expect(basesOf(before)).toEqual(['declared 0', 'declared 0']);
    await runTimes(20, 2);
    home.clock.advance(2_000);
    const plan = await buildPlan(home.deps, tenant, pinned, { inputBytes: 2 });
    expect(basesOf(plan)).toEqual(['learned 20', 'learned 20']);
    // 10 a run and 100 a second.
    expect(plan).toMatchObject({
      estimatedCostUsdMicros: 110 + 310,
      estimatedCostLowUsdMicros: 420,
      estimatedCostHighUsdMicros: 420,
      estimatedCostUSD: 0.00042,
    });
    expect(plan.tasks.map(({ estimatedMs }) => estimatedMs)).toEqual([1_000, 3_000]);
    expect(plan.tasks[0]?.estimate.why).toBe('median of 20 attempts of this task with inputs of less than 1 KiB');
  });

  test('is not learned from another tenant', async () => {
    await runTimes(20, 2);
    const plan = await buildPlan(home.deps, buildActor(['admin'], 'other').tenant, pinned, { inputBytes: 2 });
    expect(basesOf(plan)).toEqual(['declared 0', 'declared 0']);
  });

  test('is for the size of the inputs that are given, uploads included', async () => {
    const inputs = { lock: { type: 'file', required: false } };
    const manifestText = buildManifestText({ inputs, tasks });
    const { digest } = await uploadFile(home.deps, actor, { name: 'lock.json', bytes: new Uint8Array(20_000) });
    await runTimes(5, 20_000);
    await runTimes(6, 2);
    const whyOf = async (given: Record<string, { digest: string; name: string }>): Promise<string | undefined> =>
      (await planRun(home.deps, actor, { manifestText, inputs: given })).plan.tasks[0]?.estimate.why;
    expect(await whyOf({})).toBe('median of 6 attempts of this task with inputs of less than 1 KiB');
    expect(await whyOf({ lock: { digest, name: 'lock.json' } })).toBe('median of 5 attempts of this task with inputs of 16 to 64 KiB');
  });

  test('is for inputs of any size while some are missing', async () => {
    await runTimes(6, 2);
    await runTimes(6, 20_000);
    const manifestText = buildManifestText({ inputs: { who: { type: 'string' } }, tasks });
    const { plan } = await planRun(home.deps, actor, { manifestText });
    expect(plan.tasks[0]?.estimate.why).toBe('median of 12 attempts of this task with inputs of any size');
  });

  test('is for inputs of any size while a file is not uploaded yet', async () => {
    await runTimes(6, 2);
    await runTimes(6, 20_000);
    const manifestText = buildManifestText({ inputs: { lock: { type: 'file' } }, tasks });
    const inputs = { lock: { digest: digestBytes('not uploaded'), name: 'lock.json' } };
    const { plan } = await planRun(home.deps, actor, { manifestText, inputs });
    expect(plan.tasks[0]?.estimate.why).toBe('median of 12 attempts of this task with inputs of any size');
  });
});

describe('a plan whose packages ask for many hosts', () => {
  const hosts = Array.from({ length: 50 }, (_, at) => ({ host: `${'a'.repeat(60)}.host-${at}.example.com`, ports: [443] }));
  const wide = (count: number): string => {
    const fields = { uses: 'pkg:demo/wide@1.0.0', with: { message: 'x' } };
    return buildManifestText({ inputs: undefined, tasks: Array.from({ length: count }, (_, at) => ({ id: `t${at}`, ...fields })) });
  };

  test('is made as long as a decision about it can be recorded, and refused beyond that with what to do', async () => {
    await publishTestPackage(home.deps, { name: 'demo/wide', egress: { allow: hosts } });
    const planOf = (count: number): Promise<Plan> => buildPlan(home.deps, tenant, parseManifest(wide(count), 'application/yaml'));
    expect((await planOf(50)).tasks).toHaveLength(50);
    await expect(planOf(60)).rejects.toMatchObject({
      code: 'mc:manifest:too-large',
      message: expect.stringMatching(/the 60 tasks have \d+ bytes with the 3000 hosts .*; give tasks an `egress` of their own/),
    });
  });
});
