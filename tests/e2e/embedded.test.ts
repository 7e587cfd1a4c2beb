import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openIssuer } from '../../cli/host/issuer.ts';
import { startHost } from '../../cli/host/start-host.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { describeHome } from './run-suite.ts';

describeHome('the embedded home', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'maestro-e2e-'));
  const host = await startHost({ port: 0, dataDir, isAnnounced: false });
  const issuer = await openIssuer(dataDir, systemClock);
  return {
    url: host.url,
    token: host.token,
    tokenFor: (subject) => issuer.issueToken(host.url, subject, 3_600_000),
    close: async () => {
      await host.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
});
