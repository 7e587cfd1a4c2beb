/** What a purge takes stays an entry of the log; neither the monitor nor a restore may take that for tampering. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkRestoredHome } from '../../../shared/backup/check-restored-home.ts';
import { getDecisionReceipt } from '../../../shared/decision/decision-receipt.ts';
import { findExecution } from '../../../shared/execution/execution-store.ts';
import { headKey } from '../../../shared/execution/execution-record.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { monitorLog } from '../../../shared/log-monitor/monitor-log.ts';
import { integrateLog } from '../../../shared/log/integrate-log.ts';
import { monitorKey, readHead } from '../../../shared/log/log-store.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

let home: AgedHome;
let decisionId: string;
let runId: ReturnType<ReturnType<typeof idSchema<'exec'>>['parse']>;
beforeAll(async () => {
  home = await openAgedHome();
  const { deps } = home.home;
  runId = idSchema('exec').parse((await home.run()).id);
  ({ decisionId } = (await findExecution(deps, home.actor.tenant, runId))!);
  await getDecisionReceipt(deps, home.actor, decisionId);
  await integrateLog(deps);
  await home.purge(receiptDaysMin + 1);
  await integrateLog(deps);
}, 60_000);
afterAll(() => home.close());

/** Of the whole log, from its first entry on. */
async function differences(): Promise<string[]> {
  await home.home.deps.table.write([{ kind: 'delete', key: monitorKey }]);
  return (await monitorLog(home.home.deps)).differences;
}

async function checkRestored(): Promise<number> {
  const { deps } = home.home;
  const head = await readHead(deps);
  return (await checkRestoredHome(deps, { size: head?.size ?? 0, checkpoint: head?.published?.note ?? null })).statements;
}

test('the receipts of the run and of the decision that let it start are gone, and nothing minds', async () => {
  await expect(getDecisionReceipt(home.home.deps, home.actor, decisionId)).rejects.toMatchObject({ code: expect.stringMatching(/^mc:/) });
  expect(await differences()).toEqual([]);
  expect(await checkRestored()).toBeGreaterThan(0);
});

test('without its tombstone the same is a difference', async () => {
  const { table } = home.home.deps;
  const key = headKey(home.actor.tenant, runId);
  const tombstone = (await table.get(key))!;
  await table.write([{ kind: 'delete', key }]);
  expect((await differences()).join()).toMatch(/speaks of the statement RECEIPT, which is not filed/);
  await expect(checkRestored()).rejects.toMatchObject({ code: 'mc:backup:invalid' });
  await table.putMany([tombstone]);
});
