/** Retention as callers see it. Nothing is due within a test, for the least that anybody can set is a day; what a purge does is shown by tests/shared/retention. */
import { describe, expect, test } from '@jest/globals';
import { idSchema } from '../../../shared/core/id.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

const reason = 'a test of holds';

export function describeRetention(home: TestedHome): void {
  describe('retention', () => {
    test(
      'logs are kept for 90 days and receipts for seven years, unless a tenant sets more; less than seven years is refused',
      async () => {
        const { retention } = home.client;
        expect((await retention.show(home.tenant)).retention).toMatchObject({ logs: { succeeded: 90 }, receipts: { succeeded: 2_557 } });
        expect(await retention.purge(home.tenant, { kind: 'logs', reason })).toMatchObject({ purges: [] });
        expect((await retention.show(home.tenant)).clock.isSteady).toBe(true);
        const changed = await retention.set(home.tenant, { receipts: 3_652, logs: { failed: 365 }, reason });
        expect(changed).toMatchObject({
          isDefault: false,
          retention: { receipts: { failed: 3_652 }, logs: { succeeded: 90, failed: 365 } },
        });
        expect(await problemOf(retention.set(home.tenant, { receipts: 365, reason }))).toMatchObject({
          code: 'mc:request:invalid',
          status: 400,
        });
      },
      slowMs,
    );

    test(
      'a run that must be kept, by its age or by a legal hold, is not purged, and the answer says why',
      async () => {
        const { retention } = home.client;
        const manifest = echoManifest(`kept-${home.unique}`);
        await publish(home, manifest);
        const ended = await run(home, { workflow: manifest.name });
        const purge = async () => problemOf(retention.purge(home.tenant, { execution: ended.id, reason }));
        expect(await purge()).toMatchObject({ code: 'mc:retention:not-due', status: 409 });
        const scope = { kind: 'execution', id: idSchema('exec').parse(ended.id) } as const;
        const hold = await retention.putHold(home.tenant, { scope, reason });
        expect(await purge()).toMatchObject({ code: 'mc:retention:held', status: 409 });
        expect((await retention.listHolds(home.tenant)).items).toContainEqual(hold);
        expect((await retention.releaseHold(home.tenant, { hold: hold.id, reason })).released).toMatchObject({ reason });
        expect(await retention.purge(home.tenant, { dryRun: true, reason })).toEqual({ purges: [], planned: [], isDone: true });
        expect(await home.client.getExecution(ended.id)).toMatchObject({ state: 'succeeded' });
      },
      slowMs,
    );

    test(
      'only who runs the home may say that its clock is right, and then sees when that was',
      async () => {
        const purge = { clockIsRight: true, kind: 'logs', reason } as const;
        expect(await problemOf(home.client.retention.purge(home.tenant, purge))).toMatchObject({ code: 'mc:auth:forbidden', status: 403 });
        expect(await home.owner.retention.purge(home.tenant, purge)).toMatchObject({ purges: [] });
        expect((await home.client.retention.show(home.tenant)).clock).toEqual({ lastRoundAt: expect.any(String), isSteady: true });
      },
      slowMs,
    );

    test(
      'a hold on what is not there, and a manifest of what never was, are not found',
      async () => {
        const { retention } = home.client;
        const scope = { kind: 'execution', id: 'exec_00000000000000000000000000' } as const;
        expect(await problemOf(retention.putHold(home.tenant, { scope, reason }))).toMatchObject({
          code: 'mc:execution:not-found',
          status: 404,
        });
        expect(await problemOf(retention.manifest('purge_00000000000000000000000000'))).toMatchObject({
          code: 'mc:retention:not-found',
          status: 404,
        });
      },
      slowMs,
    );
  });
}
