import { describe, expect, test } from '@jest/globals';
import type { BatchAnswer } from '../../../cli/client/answers.ts';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import { waitForExecution } from '../../../cli/client/wait-for-execution.ts';
import { echoManifest, publish, slowMs, type TestedHome } from '../tested-home.ts';

/** Many starts in one request. */
export function describeBatch(home: TestedHome): void {
  const linesOf = (starts: readonly object[]): string => starts.map((start) => `${JSON.stringify(start)}\n`).join('');
  const ids = (answers: readonly BatchAnswer[]): string[] =>
    answers.flatMap((answer) => ('execution' in answer ? [answer.execution.id] : []));

  describe('a batch of starts', () => {
    test(
      'answers each line for itself, in order; the runs end like any others, and the same batch again starts nothing',
      async () => {
        const { name } = await publish(home, echoManifest(`batch-${home.unique}`, { region: 'EU', inputs: { n: { type: 'integer' } } }));
        const start = (n: number): object => ({ workflow: name, inputs: { n } });
        const lines = `${linesOf([start(1), { workflow: name, inputs: { n: 2 }, region: 'RU' }])}not JSON\n${linesOf([{ workflow: `none-${home.unique}` }, start(3)])}`;
        const idempotencyKey = `batch-${home.unique}`;
        const answers = await home.client.startExecutions(lines, { idempotencyKey });
        expect(answers.map(({ index, status }) => [index, status])).toEqual([
          [0, 202],
          [1, 403],
          [2, 400],
          [3, 404],
          [4, 202],
        ]);
        expect(answers[1]).toMatchObject({
          problem: { code: 'mc:policy:denied', deny: expect.arrayContaining([expect.objectContaining({ pack: 'residency' })]) },
        });
        expect(answers[2]).toMatchObject({ problem: { code: 'mc:request:invalid', issues: [{ line: 3 }] } });
        const again = await home.client.startExecutions(lines, { idempotencyKey });
        expect(ids(again)).toEqual(ids(answers));
        expect(again.filter((answer) => 'replayed' in answer && answer.replayed)).toHaveLength(2);
        for (const id of ids(answers))
          expect(await waitForExecution(home.client, id, { timeoutMs: 150_000 })).toMatchObject({ state: 'succeeded' });
      },
      slowMs,
    );

    test(
      'of thirty with a cap of three starts exactly three, though they are written together',
      async () => {
        const tenant = `batch-${home.unique}`;
        await home.owner.createTenant({ id: tenant, quota: { maxConcurrent: 3 }, budget: { dailyMaxUSD: 10 } });
        const client = new MaestroClient({
          url: home.url,
          token: await home.tokenFor({ tenant, sub: 'admin@example.com', roles: ['admin'] }),
        });
        // Longer than the batch may take, so that no slot comes back before its end.
        await publish({ client }, echoManifest('long', { tasks: [{ id: 'wait', uses: 'pkg:demo/sleep@1.0.0', with: { ms: 25_000 } }] }));
        const answers = await client.startExecutions(linesOf(Array.from({ length: 30 }, () => ({ workflow: 'long' }))));
        expect([answers.length, ids(answers).length]).toEqual([30, 3]);
        for (const answer of answers)
          if ('problem' in answer)
            expect(answer.problem).toMatchObject({ code: 'mc:policy:denied', deny: [{ rule: 'quotas.concurrency' }] });
        for (const id of ids(answers)) await client.actOnExecution(id, 'cancel', { reason: 'the batch was counted' });
        for (const id of ids(answers)) await waitForExecution(client, id, { timeoutMs: 150_000 });
        expect((await client.whoami()).quotas.maxConcurrent).toBe(3);
      },
      slowMs,
    );
  });
}
