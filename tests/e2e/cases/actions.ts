import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ApiProblem } from '../../../cli/client/api-problem.ts';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import { waitForExecution } from '../../../cli/client/wait-for-execution.ts';
import { compareRuns, type ComparedRun } from '../../../shared/execution/diff/compare-runs.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

/** A step that succeeds and can be undone, one that can be kept, and one that takes its time. */
const patient = (name: string, ms: number): { name: string } =>
  echoManifest(name, {
    tasks: [
      { id: 'reserve', uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: 'reserve' } } },
      { id: 'read', uses: 'pkg:demo/echo@1.0.0', with: { said: 'hello' } },
      { id: 'wait', uses: 'pkg:demo/sleep@1.0.0', needs: ['reserve', 'read'], with: { ms } },
    ],
    outputs: { said: '${{ tasks.read.outputs.said }}' },
  });

const byTask = (execution: Execution): Record<string, Execution['tasks'][number]> =>
  Object.fromEntries(execution.tasks.map((task) => [task.id, task]));

/** Cancel, retry and replay over HTTP, by hand and in a hurry. */
export function describeActions(home: TestedHome): void {
  describe('actions', () => {
    const ended = (id: string): Promise<Execution> => waitForExecution(home.client, id, { timeoutMs: slowMs });

    async function untilRunning(id: string, task: string): Promise<void> {
      for (const end = Date.now() + slowMs / 2; Date.now() < end; await delay(200))
        if (byTask(await home.client.getExecution(id))[task]?.state === 'running') return;
      throw new Error(`${task} of ${id} does not run`);
    }

    async function compared(id: string): Promise<ComparedRun> {
      const execution = await home.client.getExecution(id);
      const start = await home.client.getDecision(execution.decisionId);
      const { items } = await home.client.listRunDecisions(id, { limit: 100 });
      return { execution, start, attempts: items.filter((decision) => decision.id !== start.id) };
    }

    test(
      'a cancel stops the attempt that runs, undoes what succeeded, and is in the receipt with who and why; a retry goes on from there',
      async () => {
        const { name } = await publish(home, patient(`cancel-${home.unique}`, 8_000));
        const { id } = await home.client.startExecution({ workflow: name });
        await untilRunning(id, 'wait');
        const idempotencyKey = `cancel-${home.unique}`;
        const answered = await home.client.actOnExecution(id, 'cancel', { reason: 'wrong inputs', idempotencyKey });
        expect(answered).toMatchObject({ id, cancellation: { by: 'admin@example.com', reason: 'wrong inputs' } });
        const cancelled = await ended(id);
        expect(cancelled).toMatchObject({ state: 'cancelled', outputs: null, error: null });
        expect(byTask(cancelled)).toMatchObject({
          reserve: { state: 'succeeded', compensation: 'done' },
          read: { state: 'succeeded', compensation: 'none' },
          wait: { state: 'cancelled', attempts: [{ failure: 'cancelled' }] },
        });
        const again = await home.client.actOnExecution(id, 'cancel', { reason: 'wrong inputs', idempotencyKey });
        expect(again).toMatchObject({ id, state: 'cancelled', cancellation: cancelled.cancellation });

        const { keys } = await home.client.listKeys();
        const { statement } = verifyBundle(JSON.parse(await home.client.getReceipt(id)), { pem: keys[0]?.pem ?? '' });
        expect(statement.predicate['mc_receipt']).toMatchObject({ state: 'cancelled', cancellation: { reason: 'wrong inputs' } });

        const retry = await home.client.actOnExecution(id, 'retry', { reason: 'the inputs were right' });
        expect(retry).toMatchObject({ retryOf: id });
        const whole = await ended(retry.id);
        expect(whole).toMatchObject({ state: 'succeeded', outputs: { said: 'hello' } });
        expect(byTask(whole)).toMatchObject({
          reserve: { reusedFrom: null, attempts: [{ failure: null }] }, // It was undone, so it was done again.
          read: { reusedFrom: id, attempts: [] },
        });
        const events = (await home.client.listAuditEvents({ limit: 100 })).items.filter(({ subject }) => subject === id);
        expect(events.map(({ type, data }) => [type, data.reason, data.details])).toEqual(
          expect.arrayContaining([
            ['mc.exec.action', 'wrong inputs', { action: 'cancel' }],
            ['mc.exec.action', 'the inputs were right', { action: 'retry', executionId: retry.id }],
          ]),
        );
        expect(events.filter(({ type }) => type === 'mc.exec.action')).toHaveLength(2);
      },
      2 * slowMs,
    );

    /** A run whose only task had succeeded when its cancel landed. The receipt follows that task closely, so it may take a few runs. */
    async function cancelledWhenDone(workflow: string): Promise<Execution> {
      for (const end = Date.now() + slowMs; Date.now() < end;) {
        let execution = await home.client.startExecution({ workflow });
        const { id } = execution;
        while (byTask(execution)['echo']?.state !== 'succeeded' && Date.now() < end) execution = await home.client.getExecution(id);
        await home.client.actOnExecution(id, 'cancel', { reason: 'changed my mind' }).catch((error: unknown) => {
          if (!(error instanceof ApiProblem) || error.status !== 409) throw error;
        });
        execution = await ended(id);
        if (execution.state === 'cancelled') return execution;
      }
      throw new Error('every cancel came too late');
    }

    test(
      'a run that was cancelled when nothing was left to run has nothing to retry, says so, and can be replayed',
      async () => {
        const { name } = await publish(home, echoManifest(`late-${home.unique}`));
        const { id } = await cancelledWhenDone(name);
        expect(await problemOf(home.client.actOnExecution(id, 'retry', { reason: 'again' }))).toMatchObject({
          status: 409,
          code: 'mc:execution:action-conflict',
          message: expect.stringContaining(`${id} is cancelled, but its only task had succeeded`),
        });
        expect(await home.client.getExecution(id)).toMatchObject({ retriedBy: null });
        const replay = await home.client.actOnExecution(id, 'replay', { reason: 'again' });
        expect(await ended(replay.id)).toMatchObject({ state: 'succeeded', replayOf: id });
      },
      2 * slowMs,
    );

    test(
      'of two who retry a failed run at once one wins, and the other is told the run that is there',
      async () => {
        const tasks = [
          { id: 'read', uses: 'pkg:demo/echo@1.0.0' },
          { id: 'bad', uses: 'pkg:demo/fail@1.0.0', needs: ['read'], with: { message: 'no', retryable: false } },
        ];
        const { name } = await publish(home, echoManifest(`retry-${home.unique}`, { tasks }));
        const failed = await run(home, { workflow: name });
        const asked = await Promise.allSettled(['one', 'two'].map((reason) => home.client.actOnExecution(failed.id, 'retry', { reason })));
        const winners = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.id] : []));
        expect(winners).toHaveLength(1);
        expect(asked.find(({ status }) => status === 'rejected')).toMatchObject({
          reason: { status: 409, code: 'mc:execution:action-conflict', message: expect.stringContaining(winners[0] ?? 'none') },
        });
        const retry = await ended(winners[0] ?? '');
        expect(byTask(retry)).toMatchObject({ read: { reusedFrom: failed.id, attempts: [] }, bad: { state: 'failed' } });
        expect(await home.client.getExecution(failed.id)).toMatchObject({ retriedBy: retry.id });
      },
      slowMs,
    );

    test(
      'a replay runs everything again and comes out the same, step by step; another workflow does not',
      async () => {
        const { name } = await publish(
          home,
          echoManifest(`replay-${home.unique}`, { outputs: { said: '${{ tasks.echo.outputs.said }}' } }),
        );
        const first = await run(home, { workflow: name });
        const replay = await home.client.actOnExecution(first.id, 'replay', { reason: 'does it come out the same?' });
        expect(await ended(replay.id)).toMatchObject({ state: 'succeeded', replayOf: first.id, outputs: first.outputs });
        expect(compareRuns(await compared(first.id), await compared(replay.id))).toEqual({ isSame: true, first: null, steps: [] });
        const changed = echoManifest(`other-${home.unique}`, {
          tasks: [{ id: 'echo', uses: 'pkg:demo/echo@1.0.0', with: { said: 'bye' } }],
        });
        const other = await run(home, { workflow: (await publish(home, changed)).name });
        const difference = compareRuns(await compared(first.id), await compared(other.id));
        expect(difference.steps.find(({ step }) => step === 'echo')?.differences.map(({ aspect }) => aspect)).toEqual([
          'inputs',
          'outputs',
        ]);
      },
      slowMs,
    );

    test(
      'what cannot be done is refused with the state, and by whom it cannot be done with the role',
      async () => {
        const { name } = await publish(home, echoManifest(`done-${home.unique}`));
        const { id } = await run(home, { workflow: name });
        const reason = 'a test';
        for (const action of ['cancel', 'retry'] as const)
          expect(await problemOf(home.client.actOnExecution(id, action, { reason }))).toMatchObject({
            status: 409,
            code: 'mc:execution:action-conflict',
            message: expect.stringContaining('succeeded'),
          });
        const unknown = await problemOf(home.client.actOnExecution(id, 'explode' as 'cancel', { reason }));
        expect(unknown).toMatchObject({ status: 404, code: 'mc:request:not-found' });
        for (const wrong of ['', 'x'.repeat(501)])
          expect(await problemOf(home.client.actOnExecution(id, 'replay', { reason: wrong }))).toMatchObject({
            status: 400,
            issues: [{ pointer: '/reason' }],
          });
        const absent = home.client.actOnExecution('exec_01ARZ3NDEKTSV4RRFFQ69G5FAV', 'cancel', { reason });
        expect(await problemOf(absent)).toMatchObject({ status: 404, code: 'mc:execution:not-found' });
        for (const role of ['viewer', 'composer'] as const) {
          const token = await home.tokenFor({ tenant: home.tenant, sub: `${role}@example.com`, roles: [role] });
          const client = new MaestroClient({ url: home.url, token });
          expect(await problemOf(client.actOnExecution(id, 'replay', { reason }))).toMatchObject({
            status: 403,
            code: 'mc:auth:forbidden',
          });
        }
      },
      slowMs,
    );
  });
}
