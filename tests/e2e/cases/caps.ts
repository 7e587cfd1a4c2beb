import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ApiProblem } from '../../../cli/client/api-problem.ts';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import { waitForExecution } from '../../../cli/client/wait-for-execution.ts';
import { echoManifest, problemOf, publish, slowMs, type TestedHome } from '../tested-home.ts';

type Outcome = { id: string } | { denied: string[] };

/** Quota and budget of a tenant of its own, whose runs race for two slots. */
export function describeCaps(home: TestedHome): void {
  describe('quota and budget', () => {
    const tenant = `caps-${home.unique}`;
    let client: MaestroClient;

    beforeAll(async () => {
      await home.owner.createTenant({ id: tenant, quota: { maxConcurrent: 2 }, budget: { dailyMaxUSD: 10 } });
      const token = await home.tokenFor({ tenant, sub: 'operator@example.com', roles: ['admin'] });
      client = new MaestroClient({ url: home.url, token });
      await publish({ client }, echoManifest('capped', { tasks: [{ id: 'wait', uses: 'pkg:demo/sleep@1.0.0', with: { ms: 2_000 } }] }));
    }, slowMs);

    async function start(): Promise<Outcome> {
      try {
        return { id: (await client.startExecution({ workflow: 'capped' })).id };
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.code !== 'mc:policy:denied') throw error;
        return { denied: error.deny.map(({ rule }) => rule) };
      }
    }

    test(
      'racing starts take no more slots than there are, the others are told the rule, and every slot comes back',
      async () => {
        const outcomes = await Promise.all(Array.from({ length: 6 }, start));
        const ids = outcomes.flatMap((outcome) => ('id' in outcome ? [outcome.id] : []));
        expect(ids.length).toBeGreaterThanOrEqual(1);
        // A slow home may have sealed an early one before the last asked.
        const { items } = await client.listExecutions({ limit: 100 });
        expect(items.filter(({ state }) => state !== 'succeeded').length).toBeLessThanOrEqual(2);
        for (const outcome of outcomes) if ('denied' in outcome) expect(outcome.denied).toEqual(['quotas.concurrency']);
        await Promise.all(ids.map((id) => waitForExecution(client, id, { timeoutMs: slowMs })));
        let me = await client.whoami();
        for (const end = Date.now() + slowMs / 3; me.quotas.inUse > 0 && Date.now() < end; me = await client.whoami()) await delay(200);
        expect(me.quotas).toEqual({ maxConcurrent: 2, inUse: 0 });
        expect(me).toMatchObject({ budget: { dailyMaxUSD: 10 }, reservedUSD: 0 });
        expect(me.budget.spentUSD).toBeGreaterThan(0);
      },
      slowMs,
    );

    test(
      'a run that would go beyond the budget of the day is denied with what is spent and what is allowed',
      async () => {
        await home.owner.changeTenant(tenant, { budget: { dailyMaxUSD: 0.000_001 } });
        const problem = await problemOf(client.startExecution({ workflow: 'capped' }));
        expect(problem).toMatchObject({
          code: 'mc:policy:denied',
          deny: [{ pack: 'budget', rule: 'budget.exceeded', input: expect.stringContaining('spent'), solution: expect.any(String) }],
        });
        expect((await client.planRun({ workflow: 'capped' })).decision.verdict).toBe('deny');
        await home.owner.changeTenant(tenant, { budget: { dailyMaxUSD: 10 } });
        expect((await client.planRun({ workflow: 'capped' })).decision.verdict).toBe('allow');
      },
      slowMs,
    );
  });
}
