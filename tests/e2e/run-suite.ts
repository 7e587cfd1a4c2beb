/**
 * The end-to-end suite of a home, in a tenant that it creates. It only knows a URL, a token of the owner and how to get others, so the embedded home and a deployed one pass or fail the same tests.
 * A deployed home may take 45 ms a call and start tasks cold, so every wait is generous and bounded.
 */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { MaestroClient } from '../../cli/client/maestro-client.ts';
import { describeActions } from './cases/actions.ts';
import { describeAccess } from './cases/access.ts';
import { describeBatch } from './cases/batch.ts';
import { describeCaps } from './cases/caps.ts';
import { describeDecisions } from './cases/decisions.ts';
import { describeDisclosure } from './cases/disclosure.ts';
import { describeIdentities } from './cases/identities.ts';
import { describeKeyRotation } from './cases/key-rotation.ts';
import { describePackages } from './cases/packages.ts';
import { describePlanning } from './cases/planning.ts';
import { describePolicy } from './cases/policy.ts';
import { describePublishing } from './cases/publishing.ts';
import { describeReceipts } from './cases/receipts.ts';
import { describeReplay } from './cases/replay.ts';
import { describeRetention } from './cases/retention.ts';
import { describeRunning } from './cases/running.ts';
import { describeTransparencyLog } from './cases/transparency-log.ts';
import { describeTenants } from './cases/tenants.ts';
import { describeSupplyChainAudit } from './cases/supply-chain-audit.ts';
import type { TestedHome } from './tested-home.ts';

export interface StartedHome {
  url: string;
  /** A token of an admin of the tenant that owns the home. */
  token: string;
  tokenFor: TestedHome['tokenFor'];
  close(): Promise<void>;
}

/** A deployed home is cold at first. */
const startTimeoutMs = 180_000;

export function describeHome(name: string, start: () => Promise<StartedHome>): void {
  describe(name, () => {
    let started: StartedHome | undefined;
    let client: MaestroClient | undefined;
    // A deployed home keeps what earlier runs of the suite published.
    const unique = Date.now().toString(36);
    const tenant = `e2e-${unique}`;

    beforeAll(async () => {
      started = await start();
      const owner = new MaestroClient(started);
      await owner.createTenant({ id: tenant, quota: { maxConcurrent: 100 }, budget: { dailyMaxUSD: 1_000 } });
      const token = await started.tokenFor({ tenant, sub: 'admin@example.com', roles: ['admin'] });
      client = new MaestroClient({ url: started.url, token });
    }, startTimeoutMs);
    afterAll(async () => {
      await started?.close();
    }, startTimeoutMs);

    const home: TestedHome = {
      get client() {
        if (!client) throw new Error('the home did not start');
        return client;
      },
      get url() {
        return started?.url ?? '';
      },
      get owner() {
        if (!started) throw new Error('the home did not start');
        return new MaestroClient(started);
      },
      tokenFor: (subject) => started?.tokenFor(subject) ?? Promise.reject(new Error('the home did not start')),
      tenant,
      unique,
    };

    describeAccess(home);
    describeTenants(home);
    describePublishing(home);
    describePlanning(home);
    describeRunning(home);
    describeBatch(home);
    describeActions(home);
    describeDecisions(home);
    describeCaps(home);
    describeReplay(home);
    describeReceipts(home);
    describeTransparencyLog(home);
    describeIdentities(home);
    describeDisclosure(home);
    describeRetention(home);
    describePackages(home);
    describePolicy(home);
    describeSupplyChainAudit(home);
    describeKeyRotation(home);
  });
}
