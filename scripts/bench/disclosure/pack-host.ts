/** The measured side of the bench: an embedded home over a data folder that is there already. It says where it listens, on request what memory it took, and ends with its driver. */
import { startHost } from '../../../cli/host/start-host.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';

export type PackHostMessage =
  { kind: 'ready'; url: string; token: string; pem: string } | { kind: 'memory'; rssBytes: number; peakRssBytes: number; cpuMs: number };

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('pack-host takes a data folder');
const host = await startHost({ port: 0, dataDir, runner: new SimulatedRunner(), isAnnounced: false });
const send = (message: PackHostMessage): void => void process.send?.(message);

/** Processor time so far, of all threads: on a busy machine it says more than the clock. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

process.on('message', (message: unknown) => {
  if (message === 'memory')
    send({ kind: 'memory', rssBytes: process.memoryUsage.rss(), peakRssBytes: process.resourceUsage().maxRSS * 1024, cpuMs: cpuMs() });
  if (message === 'end') void end();
});
process.on('disconnect', () => void end());

async function end(): Promise<void> {
  await host.close();
  process.exit(0);
}

send({ kind: 'ready', url: host.url, token: host.token, pem: (await host.home.deps.signer.publicKey()).pem });
