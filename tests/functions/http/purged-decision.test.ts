/** A denial that went after its years: what its tombstone says to whoever asks, and what is answered where none is left. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { operation as getDecision } from '../../../functions/http/decisions/get-decision.ts';
import { operation as getDecisionReceipt } from '../../../functions/http/decisions/get-decision-receipt.ts';
import { handleRequest } from '../../../functions/middleware/handle-request.ts';
import type { Operation } from '../../../functions/middleware/operation.ts';
import type { RawResponse } from '../../../functions/middleware/raw-request.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { buildRawRequest, problemIn } from '../../support/build-raw-request.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

let home: AgedHome;
let signed: string;
let unsigned: string;
beforeAll(async () => {
  home = await openAgedHome();
  await home.publish("name: here\nversion: 1.0.0\nregion: US\ntasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0' }]\n");
  [signed, unsigned] = [await denial(), await denial()];
  expect(await ask(getDecisionReceipt, signed)).toMatchObject({ status: 200 });
  await home.purge(receiptDaysMin + 1);
}, 60_000);
afterAll(() => home.close());

async function denial(): Promise<string> {
  const result = await startExecution(home.home.deps, home.actor, { workflow: 'here', region: 'EU' });
  if (result.kind !== 'denied') throw new Error('nobody denied it');
  return result.decision.id;
}

const ask = (operation: Operation, id: string, query = ''): Promise<RawResponse> =>
  handleRequest(operation, home.home.deps, buildRawRequest({ params: { id }, query }));

test('one that had a receipt is gone, by which rule and which purge', async () => {
  const { items } = await queryPurges(home.home.deps, home.actor.tenant, { limit: 10 });
  const purge = items.find(({ kind }) => kind === 'decisions');
  for (const answer of [
    await ask(getDecision, signed),
    await ask(getDecisionReceipt, signed),
    await ask(getDecisionReceipt, signed, 'form=identity'),
  ])
    expect(problemIn(answer)).toMatchObject({
      status: 410,
      code: 'mc:decision:purged',
      title: 'The decision was purged',
      detail: expect.stringMatching(
        new RegExp(`^${signed}: the denial was purged at \\S+ by the rule "denials after \\d+ days" \\(${String(purge?.id)}\\)$`),
      ),
    });
});

test('one that nobody asked a receipt of left nothing, and so did one that never was', async () => {
  for (const id of [unsigned, 'dec_01ARZ3NDEKTSV4RRFFQ69G5FAV', 'something'])
    expect(problemIn(await ask(getDecision, id))).toMatchObject({ status: 404, code: 'mc:decision:not-found' });
});
