/** Runs that 0.1.0 left behind: their items know no budget, no decisions about attempts and no compensations' attempts. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { openRuns } from '../../../shared/execution/dispatch/sweep-executions.ts';
import { headKey, taskKey } from '../../../shared/execution/execution-record.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { listExecutions } from '../../../shared/execution/read/list-executions.ts';
import { listRunDecisions } from '../../../shared/execution/read/list-run-decisions.ts';
import type { Id } from '../../../shared/core/id.ts';
import type { Key, WriteOp } from '../../../shared/port/table.ts';
import { getTenant } from '../../../shared/tenant/tenant-store.ts';
import { readUsage } from '../../../shared/tenant/usage.ts';
import type { TaskMessage } from '../../../shared/port/task-queue.ts';
import { giveTasksRows } from '../../support/earlier-versions/rows-of-tasks.ts';
import { earlierDecisionRow } from '../../support/earlier-versions/decision-row.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const manifest = `name: old
version: 1.0.0
tasks:
  - { id: first, uses: 'pkg:demo/echo@1.0.0' }
  - { id: last, uses: 'pkg:demo/echo@1.0.0', needs: [first] }
`;

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
}, 60_000);
afterEach(() => engine.close());

/** The item in place of itself without some members: as another process wrote it, and none of the records of this one. */
async function without(key: Key, names: readonly string[]): Promise<WriteOp> {
  const members = Object.entries((await engine.home.deps.table.get(key)) ?? {}).filter(([name]) => !names.includes(name));
  return { kind: 'put', item: { ...key, ...Object.fromEntries(members) } };
}

/** Makes of the items of a run what 0.1.0 would have written, and of the usage of its tenant that the run took nothing. */
async function makeOld(id: Id<'exec'>): Promise<void> {
  const { table } = engine.home.deps;
  const { tenant } = engine.actor;
  await giveTasksRows(engine.home.deps, tenant, id);
  await table.write([await without(headKey(tenant, id), ['budgetDay', 'estimatedCostHighUsdMicros', 'inputBytes'])]);
  await table.write([
    await without(taskKey(tenant, id, 'last'), ['compensationAttempts']),
    { kind: 'update', key: headKey(tenant, id), set: { gsi2pk: 'SYS#OPEN' } },
    { kind: 'update', key: { pk: `T#${tenant}#USAGE`, sk: 'RUNS' }, set: { inUse: 0 } },
  ]);
  const { decisionId } = await getExecution(engine.home.deps, engine.actor, id);
  await table.write([{ kind: 'put', item: earlierDecisionRow({ tenant, executionId: id, decisionId }) }]);
}

/** The runs that a sweep would look at. */
async function openIds(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { executionId } of openRuns(engine.home.deps)) ids.push(executionId);
  return ids;
}

describe('a run that 0.1.0 started', () => {
  test('goes on to its receipt and gives back nothing that it did not take', async () => {
    await engine.publish(manifest);
    const { deps } = engine.home;
    const { queue } = deps;
    const sent: TaskMessage[] = [];
    deps.queue = { send: async (messages) => void sent.push(...messages) };
    const { id } = await engine.start({ workflow: 'old' });
    await makeOld(id);
    expect(await openIds()).toEqual([id]);
    deps.queue = queue;
    await queue.send(sent);
    expect(await engine.finish(id)).toMatchObject({ state: 'succeeded' });
    for (let look = 0; look < 100 && (await openIds()).length > 0; look += 1) await delay(20);
    expect(await openIds()).toEqual([]);
    expect((await getReceipt(deps, engine.actor, id)).receiptId).toMatch(/^rcpt_/);
    const { items } = await listExecutions(deps, engine.actor, { limit: 10 });
    expect(items).toMatchObject([{ id, state: 'succeeded' }]);
    expect(await readUsage(deps, await getTenant(deps, engine.actor.tenant))).toMatchObject({ inUse: 0, measuredUsdMicros: 0 });
    await expect(listRunDecisions(deps, engine.actor, { id, limit: 10 })).rejects.toMatchObject({ code: 'mc:decision:not-found' });
  });
});
