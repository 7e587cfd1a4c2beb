import { describe, expect, test } from '@jest/globals';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import { problemOf, slowMs, type TestedHome } from '../tested-home.ts';

export function describeAccess(home: TestedHome): void {
  describe('access', () => {
    test(
      'health, keys, trusted root and the interface description need no token',
      async () => {
        const stranger = new MaestroClient({ url: home.url });
        expect(await stranger.isHealthy()).toBe(true);
        expect((await stranger.listKeys()).keys[0]).toMatchObject({
          keyId: expect.stringMatching(/^SHA256:/),
          pem: expect.stringContaining('BEGIN PUBLIC KEY'),
        });
        expect(JSON.parse(await stranger.getTrustedRoot())).toHaveProperty('mediaType');
        expect(await stranger.getOpenApi()).toHaveProperty('openapi', expect.stringMatching(/^3\.1\./));
      },
      slowMs,
    );

    test(
      'everything else is closed to callers without a valid token',
      async () => {
        for (const token of [undefined, 'not-a-token']) {
          const stranger = new MaestroClient({ url: home.url, token });
          const calls = [
            () => stranger.whoami(),
            () => stranger.listWorkflows(),
            () => stranger.planRun({ workflow: 'any' }),
            () => stranger.listExecutions(),
          ];
          for (const call of calls) {
            expect(await problemOf(call())).toMatchObject({ code: 'mc:auth:unauthenticated', status: 401 });
          }
        }
      },
      slowMs,
    );

    test(
      'a caller sees who it is and of which tenant',
      async () => {
        expect(await home.client.whoami()).toMatchObject({
          subject: expect.any(String),
          tenant: expect.any(String),
          roles: expect.arrayContaining(['admin']),
        });
      },
      slowMs,
    );

    test(
      'a page that is too large and a made-up cursor are problems with a code',
      async () => {
        expect(await problemOf(home.client.listExecutions({ limit: 1_000 }))).toMatchObject({ code: 'mc:request:invalid', status: 400 });
        expect(await problemOf(home.client.listWorkflows({ cursor: 'made-up' }))).toMatchObject({ status: 400 });
      },
      slowMs,
    );
  });
}
