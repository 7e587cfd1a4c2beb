/** An HTTP server of operations on a free port, with an issuer of its own; what cli/host makes, without the engine behind it. */
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { authenticator } from '../../cli/host/authenticate.ts';
import type { CountStarts } from '../../cli/host/http-exchange.ts';
import { closeServer, mount, openPort } from '../../cli/host/http-server.ts';
import { issuerOperations, issuerRules, openIssuer, type Issuer, type TokenSubject } from '../../cli/host/issuer.ts';
import type { Operation } from '../../functions/middleware/operation.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { addTenant } from './add-tenant.ts';
import { buildDeps, type TestHome } from './build-deps.ts';

export interface TestSite {
  url: string;
  issuer: Issuer;
  home: TestHome;
  token(subject?: Partial<TokenSubject>, lifetimeMs?: number): Promise<string>;
  close(): Promise<void>;
}

/** A site with the tenants `acme`, `beta` and the owner of the home; `onRequest` counts its requests. */
export async function buildSite(
  operations: readonly Operation[],
  overrides: Partial<Deps> = {},
  onRequest?: CountStarts,
): Promise<TestSite> {
  const home = buildDeps(overrides);
  const issuer = await openIssuer(join(home.folder, 'home'), home.deps.clock);
  const server = await openPort({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const authenticate = authenticator(home.deps, [issuerRules(url, issuer)]);
  for (const id of ['acme', 'beta', home.deps.config.ownerTenant]) await addTenant(home.deps, { id });
  mount(server, {
    operations: [...operations, ...issuerOperations(issuer)],
    deps: home.deps,
    authenticate,
    origin: url,
    ...(onRequest && { onRequest }),
  });
  return {
    url,
    issuer,
    home,
    token: (subject = {}, lifetimeMs = 3_600_000) =>
      issuer.issueToken(url, { sub: 'admin@example.com', tenant: 'acme', roles: ['admin'], ...subject }, lifetimeMs),
    close: async () => {
      await closeServer(server);
      home.close();
    },
  };
}
