import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { changedDataBundle } from '../../support/change-bundle-data.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

/** A candidate judges what was decided before. */
export function describeReplay(home: TestedHome): void {
  describe('a policy replay', () => {
    const name = `replayed-${home.unique}`;
    let executionId: string;

    beforeAll(async () => {
      await publish(home, echoManifest(name));
      executionId = (await run(home, { workflow: name })).id;
    }, slowMs);

    async function quotasWith(change: Record<string, unknown>): Promise<Uint8Array<ArrayBuffer>> {
      const shipped = readFileSync(new URL('../../../policy/packs/quotas/bundle.tar.gz', import.meta.url));
      return new Uint8Array(await changedDataBundle(shipped, 'quotas', change));
    }

    test(
      'finds the run that the candidate would have denied, with its rule and its measured cost, and denies nobody',
      async () => {
        const page = await home.client.replayPolicy(await quotasWith({ max_tasks_by_class: { small: 0 } }), { since: '1h' });
        expect(page.newlyDenied.find((row) => row.executionId === executionId)).toMatchObject({
          workflow: `${name}@1.0.0`,
          reasons: [{ pack: 'quotas', rule: 'quotas.class_count' }],
          measuredCostUSD: expect.any(Number),
        });
        expect((await home.client.planRun({ workflow: name })).decision.verdict).toBe('allow');
      },
      slowMs,
    );

    test(
      'changes nothing for the pack as it is',
      async () => {
        const page = await home.client.replayPolicy(await quotasWith({}), { since: '1h' });
        expect(page).toMatchObject({ pack: 'quotas', newlyDenied: [], newlyAllowed: 0 });
        expect(page.judged).toBeGreaterThan(0);
      },
      slowMs,
    );

    test('refuses what cannot judge, and a time it does not understand', async () => {
      const problem = await problemOf(home.client.replayPolicy(new Uint8Array(Buffer.from('no bundle'))));
      expect(problem).toMatchObject({ code: 'mc:policy:bundle-refused', status: 422 });
      const wrong = await problemOf(home.client.replayPolicy(await quotasWith({}), { since: 'yesterday' }));
      expect(wrong).toMatchObject({ code: 'mc:request:invalid', issues: [{ pointer: '/query/since' }] });
    });
  });
}
