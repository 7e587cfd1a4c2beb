/** Admissions that are written together, on a real table: what each of them is told is what it would be told alone. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { McError } from '../../../shared/core/errors.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { admissionOps, type AdmissionParts } from '../../../shared/execution/admit/admission.ts';
import { JoinedAdmissions, writeWithOthers } from '../../../shared/execution/admit/joined-admissions.ts';
import type { Item, Table, WriteOp, WriteResult } from '../../../shared/port/table.ts';
import { changeTenantOp } from '../../../shared/tenant/tenant-store.ts';
import type { Tenant } from '../../../shared/tenant/tenant.ts';
import { openBudgetDay, readUsage, type Usage } from '../../../shared/tenant/usage.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const quotaOf = (maxConcurrent: number): Pick<Tenant, 'quota'> => ({ quota: { maxConcurrent, resourceClasses: ['small'] } });
/** Where the first op of a start stands when it is written alone. */
const ownAt = 3;

let home: TestHome;
let other: Tenant;
let day: string;
let writes: number[];
let running: number;
let mostRunning: number;
beforeEach(() => {
  home = buildDeps();
  writes = [];
  running = mostRunning = 0;
});
afterEach(() => {
  home.close();
});

async function openTenant(settings: Parameters<typeof addTenant>[1] = quotaOf(1_000)): Promise<Tenant> {
  const tenant = await addTenant(home.deps, settings);
  ({ day } = await usageOf(tenant));
  await openBudgetDay(home.deps, tenant.id, day);
  return tenant;
}

const usageOf = (tenant: Tenant): Promise<Usage> => readUsage(home.deps, tenant);

/** The table, which tells how many ops each write has and how many are under way. */
function watched(fail: () => Error | undefined = () => undefined): Table {
  const { table: real } = home.deps;
  return wrapTable(real, {
    write: async (ops, hint) => {
      writes.push(ops.length);
      mostRunning = Math.max(mostRunning, (running += 1));
      try {
        const error = fail();
        if (error) throw error;
        return await real.write(ops, hint);
      } finally {
        running -= 1;
      }
    },
  });
}

const itemOf = (name: string): Item => ({ pk: 'T#acme#X', sk: name });

/** An admission of a run of this name, with three items that are its own. */
function partsOf(tenant: Tenant, name: string, more: Partial<AdmissionParts> & { costs?: number } = {}): AdmissionParts {
  const { costs = 1, ...parts } = more;
  const put = (sk: string): WriteOp => ({ kind: 'put', item: itemOf(sk), conditions: [{ kind: 'absent' }] });
  const own = [put(name), put(`${name}/decision`), put(`${name}/audit`)];
  return { tenant, claim: { day, estimatedUsdMicros: costs }, own, idempotencyKey: undefined, isJoinable: true, ...parts };
}

/** Writes these together; who comes with nothing ends at once. */
async function together(
  admissions: readonly (AdmissionParts | undefined)[],
  { isInTurn = false, table = watched() } = {},
): Promise<(WriteResult | undefined)[]> {
  const joined = new JoinedAdmissions(table, { isInTurn });
  const starts = admissions.map((parts) => ({ parts, start: joined.start() }));
  return Promise.all(
    starts.map(async ({ parts, start: { write, end } }) => {
      try {
        return parts && (await write(parts));
      } finally {
        end();
      }
    }),
  );
}

const written = async (tenant: Tenant, names: readonly string[]): Promise<string[]> => {
  const { items } = await home.deps.table.query({ pk: `T#${tenant.id}#X`, limit: 1_000 });
  const stored = new Set(items.map(({ sk }) => sk));
  return names.filter((name) => [name, `${name}/decision`, `${name}/audit`].every((sk) => stored.has(sk)));
};
const named = (count: number): string[] => Array.from({ length: count }, (_, at) => `run-${at}`);
const ok = (count: number): WriteResult[] => Array.from({ length: count }, () => ({ ok: true }));

describe('admissions of a tenant', () => {
  test('are one write, as many as go into it, which takes the slots and the money of all of them', async () => {
    const tenant = await openTenant();
    const names = named(70);
    expect(await together(names.map((name) => partsOf(tenant, name, { costs: 2 })))).toEqual(ok(70));
    // 3 ops for the tenant and 3 for each, of 100.
    expect(writes).toEqual([99, 99, 3 + 6 * 3]);
    expect(await written(tenant, names)).toEqual(names);
    expect(await usageOf(tenant)).toMatchObject({ inUse: 70, reservedUsdMicros: 140 });
  });

  test('are written when the last of them is there or has ended, and those that came too late come together again', async () => {
    const tenant = await openTenant();
    expect(await together([partsOf(tenant, 'a'), undefined, partsOf(tenant, 'b'), undefined])).toEqual([
      { ok: true },
      undefined,
      { ok: true },
      undefined,
    ]);
    expect(writes).toEqual([9]);

    const joined = new JoinedAdmissions(watched(), { isInTurn: false });
    const starts = named(3).map(() => joined.start());
    const changed = { ...tenant, version: tenant.version + 7 };
    const outcomes = starts.map(async ({ write, end }, at) => {
      const first = await write(partsOf(changed, `late-${at}`));
      const second = await write(partsOf(tenant, `late-${at}`));
      end();
      return [first, second];
    });
    expect(await Promise.all(outcomes)).toEqual(named(3).map(() => [{ ok: false, failed: [2] }, { ok: true }]));
    expect(writes).toEqual([9, 12, 12]);
  });

  test('are each told what is wrong with themselves alone, and the others are written', async () => {
    const tenant = await openTenant();
    await home.deps.table.write([{ kind: 'put', item: itemOf('run-3/decision') }]);
    await home.deps.table.write([
      { kind: 'put', item: itemOf('run-5') },
      { kind: 'put', item: itemOf('run-5/audit') },
    ]);
    const names = named(8);
    const results = await together(names.map((name) => partsOf(tenant, name)));
    expect(results.flatMap((result, at) => (result && !result.ok ? [[at, result.failed]] : []))).toEqual([
      [3, [ownAt + 1]],
      [5, [ownAt, ownAt + 2]],
    ]);
    expect(await written(tenant, names)).toEqual(names.filter((name) => name !== 'run-3' && name !== 'run-5'));
    expect(writes).toEqual([27, 21]);
    expect(await usageOf(tenant)).toMatchObject({ inUse: 6 });
  });

  test.each([
    ['slots', quotaOf(5), 0],
    ['money', { ...quotaOf(1_000), dailyMaxUsdMicros: 5 }, 1],
  ] as const)('fill up what is left of the %s, and the others are told that it is full', async (_what, settings, failed) => {
    const tenant = await openTenant(settings);
    const names = named(20);
    const results = await together(names.map((name) => partsOf(tenant, name)));
    expect(results.filter((result) => result?.ok)).toHaveLength(5);
    expect(results.filter((result) => !result?.ok)).toEqual(Array.from({ length: 15 }, () => ({ ok: false, failed: [failed] })));
    expect(await written(tenant, names)).toHaveLength(5);
    expect(await usageOf(tenant)).toMatchObject({ inUse: 5, reservedUsdMicros: 5 });
  });

  test('are all told when somebody changed the tenant, by one write', async () => {
    const tenant = await openTenant();
    expect(await home.deps.table.write([changeTenantOp({ ...tenant, timeZone: 'Asia/Kolkata' })])).toEqual({ ok: true });
    const results = await together(named(9).map((name) => partsOf(tenant, name)));
    expect(results).toEqual(named(9).map(() => ({ ok: false, failed: [2] })));
    expect(writes).toEqual([30]);
  });

  test('hear of an error all of them, for nothing was written', async () => {
    const tenant = await openTenant();
    const full = new McError('mc:store:full', 'no room');
    const joined = new JoinedAdmissions(
      watched(() => full),
      { isInTurn: true },
    );
    const outcomes = await Promise.allSettled(named(2).map((name) => joined.start().write(partsOf(tenant, name))));
    expect(outcomes).toEqual(named(2).map(() => ({ status: 'rejected', reason: full })));
    expect(await usageOf(tenant)).toMatchObject({ inUse: 0 });
  });
});

describe('what does not go into one write goes into several', () => {
  test('two with the same key, of which the second is told', async () => {
    const tenant = await openTenant();
    const claimed = (name: string): AdmissionParts => {
      const parts = partsOf(tenant, name, { idempotencyKey: 'nightly' });
      return { ...parts, own: [...parts.own, { kind: 'put', item: itemOf('KEY'), conditions: [{ kind: 'absent' }] }] };
    };
    const results = await together([claimed('a'), partsOf(tenant, 'b'), claimed('c'), partsOf(tenant, 'd', { idempotencyKey: 'other' })]);
    expect(results).toEqual([{ ok: true }, { ok: true }, { ok: false, failed: [ownAt + 3] }, { ok: true }]);
    expect(await written(tenant, ['a', 'b', 'c', 'd'])).toEqual(['a', 'b', 'd']);
  });

  test.each([
    ['a large one', () => ({ isJoinable: false })],
    ['one that was judged by the tenant as it was before', (tenant: Tenant) => ({ tenant: { ...tenant, version: tenant.version - 1 } })],
    ['one of another tenant', () => ({ tenant: other })],
    ['one of another day', () => ({ claim: { day: '2001-01-01', estimatedUsdMicros: 1 } })],
  ])('%s', async (_what, different) => {
    const tenant = await openTenant();
    await openBudgetDay(home.deps, tenant.id, '2001-01-01');
    other = await openTenant({ ...quotaOf(1_000), id: TenantId.parse('other') });
    await together([partsOf(tenant, 'a'), partsOf(tenant, 'b', different(tenant)), partsOf(tenant, 'c')]);
    expect(writes.toSorted((a, b) => b - a)[0]).toBeLessThan(12);
    expect(await written(tenant, ['a', 'c'])).toEqual(['a', 'c']);
  });
});

describe('writes of admissions', () => {
  test.each([
    [true, 1],
    [false, 3],
  ])('wait for each other (%s) where they would meet', async (isInTurn, most) => {
    const tenant = await openTenant();
    expect(
      await together(
        named(70).map((name) => partsOf(tenant, name)),
        { isInTurn },
      ),
    ).toEqual(ok(70));
    expect([writes.length, mostRunning]).toEqual([3, most]);
  });

  test('of starts that come alone are those of the same turn together', async () => {
    const tenant = await openTenant();
    const write = writeWithOthers(watched());
    const names = named(50);
    const turn = (some: readonly string[]): Promise<WriteResult[]> => Promise.all(some.map((name) => write(partsOf(tenant, name))));
    expect(await turn(names.slice(0, 40))).toEqual(ok(40));
    expect(await turn(names.slice(40, 41))).toEqual(ok(1));
    const more = turn(names.slice(41, 45));
    await new Promise(setImmediate);
    expect(await Promise.all([more, turn(names.slice(45))])).toEqual([ok(4), ok(5)]);
    expect(writes).toEqual([99, 27, 6, 15, 18]);
    expect(await written(tenant, names)).toEqual(names);
    expect(await usageOf(tenant)).toMatchObject({ inUse: 50, reservedUsdMicros: 50 });
  });

  test('of starts that come alone those of several tenants are paid by each of them', async () => {
    const tenants = [await openTenant(), await openTenant({ ...quotaOf(1_000), id: TenantId.parse('other') })];
    const write = writeWithOthers(watched());
    const mixed = named(20).map((name, at) => write(partsOf(tenants[at % 2]!, name, { costs: at % 2 === 0 ? 3 : 5 })));
    expect(await Promise.all(mixed)).toEqual(ok(20));
    expect(writes).toEqual([33, 33]);
    const usage = await Promise.all(tenants.map(usageOf));
    expect(usage).toMatchObject([
      { inUse: 10, reservedUsdMicros: 30 },
      { inUse: 10, reservedUsdMicros: 50 },
    ]);
  });

  test('alone and together let the same number in, keep within every cap and tell each why', async () => {
    const tenant = await openTenant();
    const name = fc.nat({ max: 40 }).map((n) => `run-${n}`);
    const start = fc.record({ name, costs: fc.nat({ max: 3 }), isJoinable: fc.boolean() });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(start, { selector: ({ name: one }) => one, maxLength: 40 }),
        fc.nat({ max: 30 }),
        fc.nat({ max: 30 }),
        fc.boolean(),
        async (starts, slots, money, isInTurn) => {
          round += 1;
          const base = await usageOf(tenant);
          const capped: Tenant = {
            ...tenant,
            ...quotaOf(base.inUse + slots),
            dailyMaxUsdMicros: base.reservedUsdMicros + money,
          };
          const parts = starts.map(({ name: one, costs, isJoinable }) => partsOf(capped, `${round}/${one}`, { costs, isJoinable }));
          const results = await together(parts, { isInTurn });
          const now = await usageOf(tenant);
          const admitted = starts.filter((_start, at) => results[at]?.ok);
          expect(now.inUse - base.inUse).toBe(admitted.length);
          expect(now.reservedUsdMicros - base.reservedUsdMicros).toBe(admitted.reduce((sum, { costs }) => sum + costs, 0));
          expect(admitted.length).toBeLessThanOrEqual(slots);
          expect(now.reservedUsdMicros - base.reservedUsdMicros).toBeLessThanOrEqual(money);
          // Whoever was not let in would not be now either.
          for (const [at, result] of results.entries()) {
            const mine = parts[at];
            if (result?.ok !== false || mine === undefined) continue;
            expect(await home.deps.table.write(admissionOps([mine]))).toEqual({
              ok: false,
              failed: expect.arrayContaining([...result.failed]),
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('nobody is admitted without anybody', () => {
    expect(() => admissionOps([])).toThrow('somebody is admitted');
  });
});
