/**
 * The end-to-end suite of a home. It only knows a URL and a token, so the embedded home and a deployed one pass or fail the same tests.
 * A deployed home may take 45 ms a call and start tasks cold, so every wait is generous and bounded.
 */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { MaestroClient } from '../../cli/client/maestro-client.ts';
import { describeAccess } from './cases/access.ts';
import { describePackages } from './cases/packages.ts';
import { describePlanning } from './cases/planning.ts';
import { describePublishing } from './cases/publishing.ts';
import { describeReceipts } from './cases/receipts.ts';
import { describeRunning } from './cases/running.ts';
import { describeSupplyChainAudit } from './cases/supply-chain-audit.ts';
import type { TestedHome } from './tested-home.ts';

export interface StartedHome {
  url: string;
  token: string;
  close(): Promise<void>;
}

/** A deployed home is cold at first. */
const startTimeoutMs = 180_000;

export function describeHome(name: string, start: () => Promise<StartedHome>): void {
  describe(name, () => {
    let started: StartedHome | undefined;
    let client: MaestroClient | undefined;

    beforeAll(async () => {
      started = await start();
      client = new MaestroClient(started);
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
      // A deployed home keeps what earlier runs of the suite published.
      unique: Date.now().toString(36),
    };

    describeAccess(home);
    describePublishing(home);
    describePlanning(home);
    describeRunning(home);
    describeReceipts(home);
    describePackages(home);
    describeSupplyChainAudit(home);
  });
}
