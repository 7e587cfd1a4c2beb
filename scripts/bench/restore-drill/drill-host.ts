/**
 * The home that the drill kills: the real host with its own backups, and a simulated runner that prints what the manifest asks for. Arguments: data folder, and
 * for a home that backs itself up the folder of backups, the interval in ms and the file with the passphrase.
 */
import { startHost } from '../../../cli/host/start-host.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import type { LogLine } from '../../../shared/port/runner.ts';
import { lineOf } from '../disclosure/log-lines.ts';

const [dataDir = '', to = '', everyMs = '', passphraseFile = ''] = process.argv.slice(2);
/** Of JSON around the text of a line. */
const overheadBytes = 95;

function logOf(task: number, sizeBytes: number): LogLine[] {
  const lines: LogLine[] = [];
  for (let index = 1, size = 0; size < sizeBytes; index += 1) {
    const text = lineOf('text', index, task);
    lines.push({ at: 1_767_000_000_000 + 7 * index, stream: 'stdout', text });
    size += text.length + overheadBytes;
  }
  return lines;
}

const runner = new SimulatedRunner(({ inputs, taskId }) => {
  const { logBytes } = inputs;
  const log = typeof logBytes === 'number' ? logOf(Number(taskId.slice(1)), logBytes) : [];
  return { result: { kind: 'succeeded', outputs: inputs, usage: { wallMs: 0 } }, log };
});
const host = await startHost({
  port: 0,
  dataDir,
  runner,
  width: 2,
  isAnnounced: false,
  ...(to !== '' && { backups: { to, everyMs: Number(everyMs), keep: 3, passphraseFile } }),
});
process.send?.({ kind: 'ready', url: host.url, token: host.token });
process.on('disconnect', () => process.exit(1));
process.on('message', () => void host.close().then(() => process.exit(0)));
