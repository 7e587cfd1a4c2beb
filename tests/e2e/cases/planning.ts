import { describe, expect, test } from '@jest/globals';
import { echoManifest, problemOf, publish, slowMs, type TestedHome } from '../tested-home.ts';

const diamond = (name: string): object => ({
  name,
  version: '1.0.0',
  tasks: [
    { id: 'last', uses: 'pkg:demo/echo@1.0.0', needs: ['left', 'right'] },
    { id: 'left', uses: 'pkg:demo/echo@1.0.0', needs: ['first'] },
    { id: 'right', uses: 'pkg:demo/sleep@1.0.0', needs: ['first'], with: { ms: 1 } },
    { id: 'first', uses: 'pkg:demo/echo@1.0.0' },
  ],
});

async function idsOf(home: TestedHome): Promise<string[]> {
  const [workflows, executions] = [await home.client.listWorkflows({ limit: 100 }), await home.client.listExecutions({ limit: 100 })];
  return [...workflows.items, ...executions.items].map((item) => item.id);
}

export function describePlanning(home: TestedHome): void {
  describe('planning', () => {
    test(
      'a plan names order, package digests, cost and decision, without a published workflow',
      async () => {
        const { plan, decision, estimatedCostUSD } = await home.client.planRun({
          manifest: JSON.stringify(diamond(`diamond-${home.unique}`)),
        });

        const order = plan.tasks.map((task) => task.id);
        expect(order[0]).toBe('first');
        expect(order.at(-1)).toBe('last');
        for (const task of plan.tasks) expect(task.packageDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
        const sum = plan.tasks.reduce((total, task) => total + task.estimatedCostUsdMicros, 0);
        expect(plan.estimatedCostUsdMicros).toBe(sum);
        expect(estimatedCostUSD).toBeCloseTo(sum / 1_000_000, 9);
        expect(decision).toMatchObject({ verdict: 'allow', point: 'plan' });
        expect(decision.packs.map((pack) => pack.pack)).toContain('residency');
      },
      slowMs,
    );

    test(
      'a plan leaves no trace',
      async () => {
        const before = await idsOf(home);
        await home.client.planRun({ manifest: JSON.stringify(echoManifest(`trace-${home.unique}`)) });
        expect(await idsOf(home)).toEqual(before);
        expect(await problemOf(home.client.getWorkflow(`trace-${home.unique}`))).toMatchObject({ status: 404 });
      },
      slowMs,
    );

    test(
      'a region that is not the one of the workflow is denied with rule, value seen, value allowed and fix',
      async () => {
        const { name } = await publish(home, echoManifest(`bound-${home.unique}`, { region: 'EU' }));
        expect((await home.client.planRun({ workflow: name })).decision.verdict).toBe('allow');

        const { decision } = await home.client.planRun({ workflow: name, region: 'US' });

        expect(decision.verdict).toBe('deny');
        const entry = decision.packs.flatMap((pack) => pack.entries).find(({ rule }) => rule === 'residency.region_mismatch');
        expect(entry).toMatchObject({
          message: expect.stringContaining('US'),
          got: expect.stringContaining('US'),
          allowed: expect.stringContaining('EU'),
        });
        expect(entry?.solution).not.toBe('');
      },
      slowMs,
    );

    test(
      'a banned region is denied',
      async () => {
        const manifest = JSON.stringify(echoManifest(`banned-${home.unique}`, { region: 'KP' }));
        const { decision } = await home.client.planRun({ manifest });
        expect(decision.verdict).toBe('deny');
        expect(decision.packs.flatMap((pack) => pack.entries.map((entry) => entry.rule))).toContain('residency.region_banned');
      },
      slowMs,
    );

    test(
      'inputs that do not fit are refused, every one of them',
      async () => {
        const manifest = JSON.stringify(
          echoManifest(`inputs-${home.unique}`, { inputs: { who: { type: 'string' }, count: { type: 'integer' } } }),
        );
        const problem = await problemOf(home.client.planRun({ manifest, inputs: { count: 'three', extra: 1 } }));
        expect(problem).toMatchObject({ code: 'mc:execution:inputs-invalid', status: 422 });
        expect(problem.issues.map((issue) => issue.pointer).toSorted()).toEqual(
          expect.arrayContaining(['/inputs/count', '/inputs/extra', '/inputs/who']),
        );
      },
      slowMs,
    );

    test(
      'an unknown package and a request for nothing are refused',
      async () => {
        const manifest = JSON.stringify(echoManifest(`nothing-${home.unique}`, { tasks: [{ id: 'a', uses: 'pkg:demo/nothing@9.9.9' }] }));
        expect(await problemOf(home.client.planRun({ manifest }))).toMatchObject({ code: 'mc:package:not-found' });
        expect(await problemOf(home.client.planRun({}))).toMatchObject({ code: 'mc:request:invalid', status: 400 });
      },
      slowMs,
    );
  });
}
