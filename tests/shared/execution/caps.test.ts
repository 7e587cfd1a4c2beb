/** Quota and budget under load and over days: real table, real packs, simulated tasks. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { listExecutions } from '../../../shared/execution/read/list-executions.ts';
import { LedgerRow, ledgerPk } from '../../../shared/execution/ledger.ts';
import { startExecution, type StartResult } from '../../../shared/execution/admit/start-execution.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { changeTenantOp, getTenant } from '../../../shared/tenant/tenant-store.ts';
import { readUsage, type Usage } from '../../../shared/tenant/usage.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const manifest = `name: capped
version: 1.0.0
tasks:
  - { id: only, uses: 'pkg:demo/echo@1.0.0' }
`;

const classes: ('small' | 'medium' | 'large')[] = ['small', 'medium', 'large'];

let engine: Engine;
afterEach(() => engine.close());

async function usage(deps: Deps): Promise<Usage> {
  return readUsage(deps, await getTenant(deps, engine.actor.tenant));
}

const startedIn = (results: readonly StartResult[]): string[] =>
  results.flatMap((result) => (result.kind === 'started' ? [result.execution.id] : []));
const rulesIn = (results: readonly StartResult[]): Set<string> =>
  new Set(
    results.flatMap((result) =>
      result.kind === 'denied'
        ? result.decision.packs.flatMap(({ entries }) => entries.filter(({ effect }) => effect === 'deny').map(({ rule }) => rule))
        : [],
    ),
  );

/** Opens an engine whose tasks run until they are let go. */
async function openHolding(tenant: Parameters<typeof openEngine>[0]): Promise<{ letGo: () => void }> {
  engine = await openEngine(tenant);
  await engine.publish(manifest);
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, until: held }));
  return { letGo };
}

describe('a concurrency cap', () => {
  test('of 25 lets exactly 25 of 10,000 racing starts in, and every slot comes back', async () => {
    const { letGo } = await openHolding({ tenant: { quota: { maxConcurrent: 25, resourceClasses: classes } } });
    const { deps } = engine.home;
    const racing = Array.from({ length: 10_000 }, () => startExecution(deps, engine.actor, { workflow: 'capped' }));
    const results = await Promise.all(racing);
    expect(startedIn(results)).toHaveLength(25);
    expect(rulesIn(results)).toEqual(new Set(['quotas.concurrency']));
    expect(await usage(deps)).toMatchObject({ inUse: 25 });
    letGo();
    await Promise.all(startedIn(results).map((id) => engine.finish(id)));
    expect(await usage(deps)).toMatchObject({ inUse: 0, reservedUsdMicros: 0 });
    expect((await startExecution(deps, engine.actor, { workflow: 'capped' })).kind).toBe('started');
  }, 120_000);

  test('never lets more runs be open than it says while runs end and others start', async () => {
    engine = await openEngine({ tenant: { quota: { maxConcurrent: 3, resourceClasses: classes } } });
    await engine.publish(manifest);
    const { deps } = engine.home;
    const results: StartResult[] = [];
    let most = 0;
    for (let round = 0; round < 20; round += 1) {
      results.push(...(await Promise.all(Array.from({ length: 8 }, () => startExecution(deps, engine.actor, { workflow: 'capped' })))));
      const { items } = await listExecutions(deps, engine.actor, { limit: 100 });
      most = Math.max(most, items.filter(({ state }) => state !== 'succeeded').length);
    }
    expect(most).toBeLessThanOrEqual(3);
    await Promise.all(startedIn(results).map((id) => engine.finish(id)));
    expect(await usage(deps)).toMatchObject({ inUse: 0 });
  }, 60_000);
});

describe('a daily budget', () => {
  test('lets racing starts reserve no more than there is, and the ledger says what was measured when they are sealed', async () => {
    const { letGo } = await openHolding({});
    const { deps, actor } = { deps: engine.home.deps, actor: engine.actor };
    const [first] = startedIn([await startExecution(deps, actor, { workflow: 'capped' })]);
    const price = (await usage(deps)).reservedUsdMicros;
    const tenant = await getTenant(deps, actor.tenant);
    await deps.table.write([
      { kind: 'update', key: { pk: 'T#acme', sk: 'TENANT' }, set: { dailyMaxUsdMicros: price * 4 }, conditions: [] },
    ]);
    const results = await Promise.all(Array.from({ length: 50 }, () => startExecution(deps, actor, { workflow: 'capped' })));
    expect(startedIn(results)).toHaveLength(3);
    expect(rulesIn(results)).toEqual(new Set(['budget.exceeded']));
    const { day } = await usage(deps);
    const rows = async (): Promise<LedgerRow[]> =>
      z.array(LedgerRow).parse((await deps.table.query({ pk: ledgerPk(tenant.id, day), limit: 100 })).items);
    expect(await rows()).toEqual([]);
    letGo();
    await Promise.all([...startedIn(results), first ?? ''].map((id) => engine.finish(id)));
    const measured = (await rows()).map(({ basis, measuredUsdMicros }) => ({ basis, measuredUsdMicros }));
    expect(measured.map(({ basis }) => basis)).toEqual(['measured', 'measured', 'measured', 'measured']);
    const sum = measured.reduce((total, row) => total + (row.measuredUsdMicros ?? 0), 0);
    expect(await usage(deps)).toMatchObject({ reservedUsdMicros: 0, measuredUsdMicros: sum });
  }, 60_000);

  test('of which the tenant leaves a tenth lets racing starts reserve that tenth', async () => {
    const { letGo } = await openHolding({});
    const { deps, actor } = { deps: engine.home.deps, actor: engine.actor };
    const [first] = startedIn([await startExecution(deps, actor, { workflow: 'capped' })]);
    const price = (await usage(deps)).reservedUsdMicros;
    const tenant = await getTenant(deps, actor.tenant);
    const change = { dailyMaxUsdMicros: price * 40, data: { budget: { deny_percent: 10 } } };
    await deps.table.write([changeTenantOp({ ...tenant, ...change })]);
    const results = await Promise.all(Array.from({ length: 50 }, () => startExecution(deps, actor, { workflow: 'capped' })));
    expect(startedIn(results)).toHaveLength(3);
    expect(rulesIn(results)).toEqual(new Set(['budget.exceeded']));
    expect(await usage(deps)).toMatchObject({ reservedUsdMicros: price * 4 });
    letGo();
    await Promise.all([...startedIn(results), first ?? ''].map((id) => engine.finish(id)));
  }, 60_000);
});

describe('a cap or a pack that is changed while a run is judged', () => {
  test.each(['start', 'publish'] as const)('counts for that %s: nothing is let in by what was said before', async (point) => {
    engine = await openEngine({});
    await engine.publish(manifest);
    const { deps } = engine.home;
    const judging = deps.policy;
    let asked = 0;
    deps.policy = {
      evaluate: async (at, input, own) => {
        const verdicts = await judging.evaluate(at, input, own);
        const before = await getTenant(deps, engine.actor.tenant);
        // Said and stored: from here on nothing of the tenant leaves the EU.
        if (at === point && asked++ === 0)
          await deps.table.write([changeTenantOp({ ...before, data: { residency: { banned_jurisdictions: ['US'] } } })]);
        return verdicts;
      },
    };
    if (point === 'start') {
      const result = await startExecution(deps, engine.actor, { workflow: 'capped' });
      expect(rulesIn([result])).toEqual(new Set(['residency.region_banned']));
      expect(await usage(deps)).toMatchObject({ inUse: 0, reservedUsdMicros: 0 });
    } else {
      await expect(engine.publish(manifest.replace('1.0.0', '1.0.1'))).rejects.toThrow(/denied/);
    }
    expect(asked).toBe(2);
  });
});

describe('a run over midnight', () => {
  test('counts on the day it was admitted in the time zone of its tenant, and the next day begins with nothing', async () => {
    const { letGo } = await openHolding({ tenant: { timeZone: 'America/Denver' } });
    const { deps } = engine.home;
    const clock = { ...deps.clock, now: () => Date.parse('2026-11-21T06:59:00Z') };
    const evening = { ...deps, clock };
    const result = await startExecution(evening, engine.actor, { workflow: 'capped' });
    const [id] = startedIn([result]);
    const tenant = await getTenant(deps, engine.actor.tenant);
    const on = (time: string): Promise<Usage> => readUsage({ table: deps.table, clock: { ...clock, now: () => Date.parse(time) } }, tenant);
    expect(await on('2026-11-21T06:59:30Z')).toMatchObject({ day: '2026-11-20', inUse: 1 });
    expect((await on('2026-11-21T06:59:30Z')).reservedUsdMicros).toBeGreaterThan(0);
    expect(await on('2026-11-21T07:00:00Z')).toMatchObject({ day: '2026-11-21', inUse: 1, reservedUsdMicros: 0, measuredUsdMicros: 0 });
    letGo();
    await engine.finish(id ?? '');
    expect(await on('2026-11-21T06:59:30Z')).toMatchObject({ inUse: 0, reservedUsdMicros: 0, measuredUsdMicros: expect.any(Number) });
    const rows = await deps.table.query({ pk: ledgerPk(tenant.id, '2026-11-20'), limit: 10 });
    expect(rows.items.map((row) => LedgerRow.parse(row).basis)).toEqual(['measured']);
  }, 30_000);
});
