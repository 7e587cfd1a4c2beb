/**
 * `npm run bench:peers [-- --sizes 1000,5000,15000] [--repeats N] [--connections C] [--slow-fsync MS] [--shapes steps,calls] [--limit SECONDS] [--json] [--save]`: bursts of runs on our
 * engine, on Restate and on DBOS with PostgreSQL, in turn. Installs the peers into .peers the first time. `--slow-fsync` measures everything a second time with
 * every sync to disk that much slower; `--shapes` says what a task is on the peers (task-shape.ts). `--save` writes the result to docs/benchmarks/.
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compareEngines } from '../peers/compare-engines.ts';
import type { Contender } from '../peers/contender.ts';
import { dbos } from '../peers/dbos.ts';
import { installPeers } from '../peers/install-peers.ts';
import { maestro } from '../peers/maestro.ts';
import { renderPeersReport, savePeersReport, type PeersReport } from '../peers/peers-report.ts';
import { findPostgres } from '../peers/postgres.ts';
import { restate } from '../peers/restate.ts';
import type { TaskShape } from '../peers/task-shape.ts';
import { slowFsync } from '../slow-fsync.ts';
import { wholeNumber } from '../../flags/whole-number.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,5000,15000' },
    repeats: { type: 'string', default: '3' },
    connections: { type: 'string', default: '128' },
    'slow-fsync': { type: 'string' },
    shapes: { type: 'string', default: 'steps' },
    limit: { type: 'string', default: '180' },
    json: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
  },
});

function quit(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

const numberOf = (text: string, flag: string, greatest: number): number => wholeNumber(flag, text, { to: greatest });

const options = {
  sizes: values.sizes.split(',').map((size) => numberOf(size, 'sizes', 100_000)),
  repeats: numberOf(values.repeats, 'repeats', 20),
  connections: numberOf(values.connections, 'connections', 2_000),
  limitMs: numberOf(values.limit, 'limit', 3_600) * 1_000,
};
const shapes = values.shapes
  .split(',')
  .map((shape): TaskShape => (shape === 'steps' || shape === 'calls' ? shape : quit(`--shapes takes steps, calls or both, got ${shape}`)));
const delayMs = values['slow-fsync'] === undefined ? undefined : numberOf(values['slow-fsync'], 'slow-fsync', 1_000);
const slow = delayMs === undefined ? undefined : slowFsync(delayMs);
if (slow && 'missing' in slow) quit(`syncs cannot be slowed down here: ${slow.missing}`);

/** Ours first, then each peer that can be had here, and why the others cannot. */
function findContenders(): { contenders: Contender[]; notRun: PeersReport['notRun'] } {
  const peers = installPeers(fileURLToPath(new URL('../../../.peers', import.meta.url)));
  if ('missing' in peers) return { contenders: [maestro], notRun: ['Restate', 'DBOS'].map((name) => ({ name, why: peers.missing })) };
  const postgres = findPostgres();
  if ('missing' in postgres)
    return { contenders: [maestro, ...shapes.map((shape) => restate(peers, shape))], notRun: [{ name: 'DBOS', why: postgres.missing }] };
  return { contenders: [maestro, ...shapes.flatMap((shape) => [restate(peers, shape), dbos(peers, postgres, shape)])], notRun: [] };
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error('stopped')));
const report = await compareEngines({
  ...findContenders(),
  ...options,
  disks: slow ? [undefined, slow] : [undefined],
  signal: stop.signal,
  onProgress: (line) => void process.stderr.write(`${line}\n`),
});
slow?.dispose();
process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : renderPeersReport(report));
if (stop.signal.aborted) process.exitCode = 1;
else if (values.save) process.stderr.write(`saved ${relative(process.cwd(), savePeersReport(report))}\n`);
