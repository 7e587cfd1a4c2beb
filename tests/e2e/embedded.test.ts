import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHost } from '../../cli/host/start-host.ts';
import { describeHome } from './run-suite.ts';

describeHome('the embedded home', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'maestro-e2e-'));
  const host = await startHost({ port: 0, dataDir, isAnnounced: false });
  return {
    url: host.url,
    token: host.token,
    close: async () => {
      await host.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
});
