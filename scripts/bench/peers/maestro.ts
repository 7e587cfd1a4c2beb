/** Our own engine: the host that `npm run bench` measures, with the same workflow. */
import { hostEnvironment, hostFlags } from '../../../cli/bin/host-flags.mjs';
import { benchWorkflow, startBody } from '../bench-host.ts';
import { BurstClient } from '../burst-client.ts';
import type { SlowFsync } from '../slow-fsync.ts';
import type { Contender, RunningContender } from './contender.ts';
import { ServiceProcess } from './service-process.ts';

const idOf = (answer: string): string => (JSON.parse(answer) as { id: string }).id; // The home's own answer.

export const maestro: Contender = {
  name: 'Maestro Conductor',
  settings:
    'this checkout; embedded home, SQLite synced before every answer, simulated runner, every policy pack, a signed and verified receipt a run',
  start,
};

async function start(slow?: SlowFsync): Promise<RunningContender> {
  const { service, url, token } = await ServiceProcess.start({
    module: new URL('../host.ts', import.meta.url),
    flags: hostFlags,
    env: hostEnvironment,
    slow,
  });
  try {
    const client = await BurstClient.connect(url, token, 1);
    const id = idOf(await client.post('/api/workflows', benchWorkflow, 'application/yaml'));
    await client.post(`/api/workflows/${id}/publish`, '{}');
    client.close();
  } catch (error) {
    await service.end();
    throw error;
  }
  return {
    url,
    token,
    submit: async (connected) => idOf(await connected.post('/api/executions', startBody)),
    isDone: async (runs) => {
      const { sealed, pending } = await service.progress();
      return sealed >= runs && pending === 0;
    },
    completedInBooks: async () => (await service.progress()).sealed,
    starts: () => service.starts(),
    pids: () => service.pids,
    stop: () => service.end(),
  };
}
