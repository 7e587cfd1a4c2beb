/** What is not written of a task is read back as it was, and what earlier versions wrote is read as ever. */
import { describe, expect, test } from '@jest/globals';
import { storedChange, storedTask } from '../../../shared/execution/stored-task.ts';
import { StoredTask, TaskRecord } from '../../../shared/execution/task-record.ts';
import { getTasks } from '../../../shared/execution/execution-store.ts';
import { taskKey } from '../../../shared/execution/execution-record.ts';
import { digestJson } from '../../../shared/core/digest.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { withBegun } from '../../../shared/execution/begin-attempt.ts';
import type { ExecutionRecord } from '../../../shared/execution/execution-record.ts';
import type { Attempt } from '../../../shared/execution/execution.ts';
import type { Table, WriteOp } from '../../../shared/port/table.ts';
import { madeOfRecord } from '../../../shared/port/typed-items.ts';
import { updated } from '../../../shared/port/table-rules.ts';
import type { Item } from '../../../shared/port/table.ts';

const tenant = TenantId.parse('acme');
const id = idSchema('exec').parse('exec_01M7Z5XX3XTXWQYQ6MTAK13V6S');
const head = { tenant, id } as ExecutionRecord; // What getTasks needs of a run whose tasks all have rows.
const outputs = { digest: digestJson('outputs'), sizeBytes: 9 };

const fresh: TaskRecord = {
  id: 'only',
  uses: 'pkg:demo/echo@1.0.0',
  packageDigest: digestJson('package'),
  packageOwner: tenant,
  state: 'blocked',
  needs: [],
  dependents: [],
  waitingOn: 0,
  attempt: 0,
  attempts: [],
  failures: 0,
  losses: 0,
  retries: 0,
  timeoutMs: 30_000,
  resourceClass: 'small',
  egress: [],
  readyAt: 1_000,
  notBefore: 1_000,
  leaseUntil: 0,
  completedAt: null,
  outputs: null,
  costUsdMicros: 0,
  compensateUses: null,
  compensateDigest: null,
  compensateOwner: null,
  compensation: 'none',
  compensationAttempt: 0,
  compensationAttempts: [],
};

const [begun] = withBegun([], 1, Date.parse('2026-11-21T08:00:00.000Z')) as [Attempt];
const good = { ...begun, endedAt: '2026-11-21T08:00:01.000Z', sandbox: 'simulated', inputsDigest: digestJson('in'), wallMs: 0 } as const;

const tasks: [string, TaskRecord][] = [
  ['one that waits', fresh],
  ['one that runs', { ...fresh, state: 'running', attempt: 1, attempts: [begun], leaseUntil: 5_000 }],
  [
    'one that succeeded',
    {
      ...fresh,
      ...{ state: 'succeeded', needs: ['a'], dependents: ['b'], attempt: 1, attempts: [{ ...good, outputsDigest: outputs.digest }] },
      ...{ outputs, completedAt: 2_000, costUsdMicros: 3, retries: 2, failures: 1, losses: 1, notBefore: 1_500 },
    },
  ],
  ['one whose good attempt gave other outputs', { ...fresh, attempts: [{ ...good, outputsDigest: digestJson('others') }], outputs }],
  ['one with outputs whose good attempt names none', { ...fresh, attempts: [good], outputs }],
  ['one whose outputs another run gave', { ...fresh, state: 'succeeded', outputs, reusedFrom: id }],
  [
    'one that was undone',
    {
      ...fresh,
      ...{ state: 'succeeded', compensateUses: 'pkg:demo/echo@1.0.0', compensateDigest: digestJson('undo'), compensateOwner: tenant },
      ...{ compensation: 'done', compensationAttempt: 1, compensationAttempts: [good], outputs },
    },
  ],
  ['one that failed', { ...fresh, state: 'failed', attempts: [{ ...good, failure: 'error', message: 'it broke' }], failures: 1 }],
];

/** A table of one row, which changes as tables change rows. */
function tableOf(first: Item): { table: Table; update: (set: Record<string, unknown>) => void } {
  let item = first;
  const table = { getMany: async () => [item] } as unknown as Table; // What getTasks needs of it.
  return {
    table,
    update: (set) => {
      const op = { kind: 'update', key: { pk: item.pk, sk: item.sk }, set } as WriteOp & { kind: 'update' };
      item = updated(op.key, item, op);
    },
  };
}

describe('the row of a task', () => {
  test.each(tasks)('holds %s, and what is read is the same', (_, task) => {
    const row = JSON.parse(JSON.stringify(storedTask(task))) as unknown;
    expect(TaskRecord.parse(row)).toStrictEqual(task);
  });

  test.each(tasks)('of an earlier version holds %s whole, and is read as ever', (_, task) => {
    expect(TaskRecord.parse(JSON.parse(JSON.stringify(task)))).toStrictEqual(task);
  });

  test('holds nothing that is empty, and everything that a condition compares', () => {
    expect(Object.keys(storedTask(fresh)).sort()).toEqual(
      [
        ...['attempt', 'id', 'packageDigest', 'packageOwner', 'readyAt', 'resourceClass', 'state'],
        ...['timeoutMs', 'uses', 'waitingOn'],
      ].sort(),
    );
    expect(storedTask({ ...fresh, compensateUses: 'pkg:demo/echo@1.0.0' })).toMatchObject({ compensationAttempt: 0 });
  });

  test('is changed by what is written over something, even where that is nothing', () => {
    const change = storedChange({ state: 'ready', attempts: [begun], outputs: null, costUsdMicros: 0, readyAt: 7, notBefore: 7 });
    const { attempt, startedAt } = begun;
    expect(change).toEqual({
      state: 'ready',
      attempts: [{ attempt, startedAt }],
      outputs: null,
      costUsdMicros: 0,
      readyAt: 7,
      notBefore: 7,
    });
    const waited = { ...storedTask({ ...fresh, notBefore: 5_000 }), ...storedChange({ readyAt: 2_000, notBefore: 2_000 }) };
    expect(TaskRecord.parse(waited).notBefore).toBe(2_000);
  });

  test('without a member that is always there is refused', () => {
    for (const name of ['state', 'attempt', 'waitingOn', 'timeoutMs', 'packageDigest'] as const) {
      const { [name]: _, ...rest } = storedTask(fresh);
      expect(StoredTask.safeParse(rest).success).toBe(false);
    }
  });
});

describe('a row that another process wrote', () => {
  test('is refused when it is no task, however often it is read', async () => {
    const { table } = tableOf({ ...taskKey(tenant, id, 'only'), ...storedTask(fresh), state: 'done' });
    for (let look = 0; look < 2; look += 1) await expect(getTasks({ table }, head, ['only'])).rejects.toThrow('state');
  });

  test('is read with what this process changed of it', async () => {
    const { table, update } = tableOf({ ...taskKey(tenant, id, 'only'), ...fresh });
    expect(await getTasks({ table }, head, ['only'])).toStrictEqual([fresh]);
    update({ ...storedChange({ state: 'running', attempt: 1, attempts: [begun] }) });
    expect(await getTasks({ table }, head, ['only'])).toStrictEqual([{ ...fresh, state: 'running', attempt: 1, attempts: [begun] }]);
  });

  test('is parsed again when it is a copy of one that was read, with something else in it', async () => {
    const known = { ...taskKey(tenant, id, 'only'), ...storedTask(fresh) };
    await getTasks({ table: tableOf(known).table }, head, ['only']);
    const { table } = tableOf({ ...known, retries: 'one' });
    await expect(getTasks({ table }, head, ['only'])).rejects.toThrow('retries');
  });

  test('that nobody has read is not taken for a record after an update', async () => {
    const { table, update } = tableOf({ ...taskKey(tenant, id, 'only'), ...storedTask(fresh), retries: 'one' });
    const read = madeOfRecord({ ...taskKey(tenant, id, 'other'), ...storedTask(fresh) });
    update({ ...read, retries: 'one' });
    await expect(getTasks({ table }, head, ['only'])).rejects.toThrow('retries');
  });
});
