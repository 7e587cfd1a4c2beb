import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

/** Why a run may run, or may not, as the API tells it; the command line shows the same. */
export function describeDecisions(home: TestedHome): void {
  describe('decisions', () => {
    const name = `explained-${home.unique}`;
    let execution: Execution;
    let denial: string;

    beforeAll(async () => {
      await publish(home, echoManifest(name, { region: 'EU' }));
      execution = await run(home, { workflow: name });
      denial = (await problemOf(home.client.startExecution({ workflow: name, region: 'US' }))).decisionId ?? '';
    }, slowMs);

    test(
      'the decision of a run holds the quota and the budget it was made on',
      async () => {
        const decision = await home.client.getDecision(execution.decisionId);
        expect(decision).toMatchObject({ point: 'start', executionId: execution.id });
        expect(decision.input.tenant).toMatchObject({
          id: home.tenant,
          quota: { maxConcurrent: 100, inUse: expect.any(Number) },
          budget: { dailyMaxUSD: 1_000, spentUSD: expect.any(Number), timeZone: 'Etc/UTC' },
        });
      },
      slowMs,
    );

    test(
      'every decision about the attempts of a run is listed after the one that let it start',
      async () => {
        const { items } = await home.client.listRunDecisions(execution.id);
        expect(items[0]?.id).toBe(execution.decisionId);
        expect(items.slice(1).map(({ point, input }) => [point, input.task?.id])).toEqual(
          expect.arrayContaining([
            ['place', 'echo'],
            ['task', 'echo'],
            ['write', 'echo'],
          ]),
        );
      },
      slowMs,
    );

    test(
      'a denied start is recorded, and nothing else came of it',
      async () => {
        const decision = await home.client.getDecision(denial);
        expect(decision).toMatchObject({ verdict: 'deny', executionId: null, input: { request: { region: 'US' } } });
        const { items } = await home.client.listExecutions({ limit: 100 });
        expect(items.filter(({ workflow }) => workflow.name === name).map(({ id }) => id)).toEqual([execution.id]);
      },
      slowMs,
    );

    test(
      'a denial has a signed receipt with the rule and its fix, which is the same at every question',
      async () => {
        const text = await home.client.getDecisionReceipt(denial);
        expect(await home.client.getDecisionReceipt(denial)).toBe(text);
        const [key] = (await home.client.listKeys()).keys;
        const { statement } = verifyBundle(Bundle.parse(JSON.parse(text)), { pem: key?.pem ?? '', predicateType: predicateTypes.decision });
        expect(statement.predicate).toMatchObject({
          verificationResult: 'FAILED',
          mc_decision: {
            id: denial,
            deny: [{ rule: 'residency.region_mismatch', input: 'US', allowed: 'EU', solution: expect.any(String) }],
          },
        });
      },
      slowMs,
    );

    test(
      'whoami counts what the run cost, and no open run when all have ended',
      async () => {
        // Other cases leave runs to their fate; each gives its place back when it is sealed.
        let me = await home.client.whoami();
        for (const end = Date.now() + slowMs / 2; me.quotas.inUse > 0 && Date.now() < end; me = await home.client.whoami())
          await delay(500);
        const { quotas, budget } = me;
        expect(quotas).toEqual({ maxConcurrent: 100, inUse: 0 });
        expect(budget.spentUSD).toBeGreaterThanOrEqual((execution.actualCostUsdMicros ?? 0) / 1_000_000);
      },
      slowMs,
    );
  });
}
