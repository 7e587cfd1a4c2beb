import { describe, expect, test } from '@jest/globals';
import { waitForExecution } from '../../../cli/client/wait-for-execution.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

async function idsOf(home: TestedHome): Promise<string[]> {
  return (await home.client.listExecutions({ limit: 100 })).items.map((item) => item.id);
}

export function describeRunning(home: TestedHome): void {
  describe('running', () => {
    test(
      'outputs travel from task to task with their types',
      async () => {
        const { name } = await publish(home, {
          name: `typed-${home.unique}`,
          version: '1.0.0',
          inputs: { count: { type: 'integer' }, tags: { type: 'array', default: ['x'] } },
          tasks: [
            { id: 'first', uses: 'pkg:demo/echo@1.0.0', with: { count: '${{ inputs.count }}', tags: '${{ inputs.tags }}' } },
            {
              id: 'second',
              uses: 'pkg:demo/echo@1.0.0',
              needs: ['first'],
              with: { copy: '${{ tasks.first.outputs.count }}', text: 'n=${{ inputs.count }}' },
            },
          ],
          outputs: {
            count: '${{ tasks.second.outputs.copy }}',
            text: '${{ tasks.second.outputs.text }}',
            tags: '${{ tasks.first.outputs.tags }}',
          },
        });
        const execution = await run(home, { workflow: name, inputs: { count: 3 } });
        expect(execution).toMatchObject({ state: 'succeeded', outputs: { count: 3, text: 'n=3', tags: ['x'] }, error: null });
        expect(execution.receiptId).toMatch(/^rcpt_/);
        expect(execution.actualCostUsdMicros).toBeGreaterThanOrEqual(0);
      },
      slowMs,
    );

    test(
      'a failed attempt is repeated as often as the manifest allows',
      async () => {
        const flaky = { id: 'flaky', uses: 'pkg:demo/fail@1.0.0', with: { failTimes: 1, value: 'at last' }, retries: 2 };
        const { name } = await publish(
          home,
          echoManifest(`flaky-${home.unique}`, { tasks: [flaky], outputs: { value: '${{ tasks.flaky.outputs.value }}' } }),
        );
        const execution = await run(home, { workflow: name });
        expect(execution).toMatchObject({ state: 'succeeded', outputs: { value: 'at last' } });
        expect(execution.tasks[0]?.attempts.map((attempt) => attempt.failure)).toEqual(['error', null]);
        const { lines } = await home.client.readLogs(execution.id);
        expect(lines).toContainEqual(
          expect.objectContaining({ taskId: 'flaky', attempt: 1, text: expect.stringContaining('attempt 1 fails') }),
        );
      },
      slowMs,
    );

    test(
      'when a task fails for good, what succeeded before is compensated and what needed it is skipped',
      async () => {
        const { name } = await publish(home, {
          name: `compensate-${home.unique}`,
          version: '1.0.0',
          tasks: [
            { id: 'reserve', uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: 'reserve' } } },
            {
              id: 'charge',
              uses: 'pkg:demo/fail@1.0.0',
              needs: ['reserve'],
              with: { message: 'card refused', retryable: false },
              retries: 3,
            },
            { id: 'ship', uses: 'pkg:demo/echo@1.0.0', needs: ['charge'] },
          ],
        });
        const execution = await run(home, { workflow: name });
        expect(execution).toMatchObject({
          state: 'failed',
          outputs: null,
          error: { taskId: 'charge', failure: 'error', message: expect.stringContaining('card refused') },
        });
        const tasks = Object.fromEntries(execution.tasks.map((task) => [task.id, task]));
        expect(tasks['reserve']).toMatchObject({ state: 'succeeded', compensation: 'done' });
        expect(tasks['charge']).toMatchObject({ state: 'failed' });
        expect(tasks['charge']?.attempts).toHaveLength(1); // The task said that trying again is of no use.
        expect(tasks['ship']).toMatchObject({ attempts: [] });
      },
      slowMs,
    );

    test(
      'a task that hangs is stopped at its timeout',
      async () => {
        const { name } = await publish(
          home,
          echoManifest(`hang-${home.unique}`, {
            tasks: [{ id: 'hang', uses: 'pkg:demo/fail@1.0.0', with: { kind: 'hang' }, timeout: '2s' }],
          }),
        );
        expect(await run(home, { workflow: name })).toMatchObject({ state: 'failed', error: { taskId: 'hang', failure: 'timeout' } });
      },
      slowMs,
    );

    test(
      'a denied run is answered with every reason and leaves no execution',
      async () => {
        const { name } = await publish(home, echoManifest(`denied-${home.unique}`, { region: 'EU' }));
        const before = await idsOf(home);
        const problem = await problemOf(home.client.startExecution({ workflow: name, region: 'RU' }));
        expect(problem).toMatchObject({ code: 'mc:policy:denied', status: 403 });
        expect(problem.deny.map((reason) => reason.rule).toSorted()).toEqual(['residency.region_banned', 'residency.region_mismatch']);
        for (const reason of problem.deny)
          expect(reason).toMatchObject({ pack: 'residency', message: expect.any(String), solution: expect.stringMatching(/./) });
        expect(await idsOf(home)).toEqual(before);
      },
      slowMs,
    );

    test(
      'an idempotency key answers the same execution for the same request and a conflict for another',
      async () => {
        const { name } = await publish(home, echoManifest(`idem-${home.unique}`, { inputs: { n: { type: 'integer' } } }));
        const idempotencyKey = `key-${home.unique}`;
        const first = await home.client.startExecution({ workflow: name, inputs: { n: 1 } }, { idempotencyKey });
        const replay = await home.client.startExecution({ workflow: name, inputs: { n: 1 } }, { idempotencyKey });
        expect(replay.id).toBe(first.id);
        const conflict = home.client.startExecution({ workflow: name, inputs: { n: 2 } }, { idempotencyKey });
        expect(await problemOf(conflict)).toMatchObject({ code: 'mc:idempotency:conflict', status: 409 });
        expect(await waitForExecution(home.client, first.id, { timeoutMs: 60_000 })).toMatchObject({ state: 'succeeded' });
      },
      slowMs,
    );

    test(
      'a draft, an unknown workflow and wrong inputs can not be started',
      async () => {
        const { workflow: draft } = await home.client.createWorkflow(
          JSON.stringify(echoManifest(`draft-${home.unique}`)),
          'application/json',
        );
        expect(await problemOf(home.client.startExecution({ workflow: draft.id }))).toMatchObject({ code: 'mc:workflow:not-found' });
        expect(await problemOf(home.client.startExecution({ workflow: `none-${home.unique}` }))).toMatchObject({
          code: 'mc:workflow:not-found',
        });
        const { name } = await publish(home, echoManifest(`needs-${home.unique}`, { inputs: { file: { type: 'file' } } }));
        expect(await problemOf(home.client.startExecution({ workflow: name }))).toMatchObject({ code: 'mc:execution:inputs-invalid' });
        const missing = { digest: `sha256:${'0'.repeat(64)}`, name: 'gone.txt' };
        expect(await problemOf(home.client.startExecution({ workflow: name, inputs: { file: missing } }))).toMatchObject({
          code: 'mc:execution:inputs-invalid',
          issues: [{ pointer: expect.stringContaining('file') }],
        });
      },
      slowMs,
    );

    test(
      'an execution that is not the caller’s is not found, whatever is asked of it',
      async () => {
        const id = 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV';
        for (const call of [() => home.client.getExecution(id), () => home.client.readLogs(id), () => home.client.getReceipt(id)]) {
          expect(await problemOf(call())).toMatchObject({ code: 'mc:execution:not-found', status: 404 });
        }
      },
      slowMs,
    );

    test(
      'pages of executions go from the newest to the oldest and hold each once',
      async () => {
        const { name } = await publish(home, echoManifest(`pages-${home.unique}`));
        const started: string[] = [];
        for (let count = 0; count < 3; count += 1) started.push((await home.client.startExecution({ workflow: name })).id);
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await home.client.listExecutions({ limit: 2, cursor });
          seen.push(...page.items.map((item) => item.id));
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.slice(0, 3)).toEqual(started.toReversed());
        for (const id of started) await waitForExecution(home.client, id, { timeoutMs: 120_000 });
      },
      slowMs,
    );
  });
}
