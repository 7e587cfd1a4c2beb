/** Fetches the pack of one run twice, from a home that was started for it, and verifies it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { hostEnvironment, hostFlags } from '../../../cli/bin/host-flags.mjs';
import { verifyPack } from '../../../shared/evidence/verify/verify-pack.ts';
import type { LogSet } from './log-sets.ts';
import type { PackHostMessage } from './pack-host.ts';

export interface PackFigures {
  kind: LogSet['kind'];
  logBytes: number;
  packBytes: number;
  /** From the request to the last byte, of the first and the second pack. */
  packMs: [number, number];
  /** Of the processors, for one pack. */
  cpuMs: number;
  verifyMs: number;
  /** Of the home before the first pack, and the most it had until after the second. */
  restRssBytes: number;
  peakRssBytes: number;
  digest: string;
  isSameTwice: boolean;
  withheld: number;
}

/** Where the launcher keeps compiled code. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/maestro-conductor', import.meta.url));

const program = fileURLToPath(new URL('pack-host.ts', import.meta.url));

async function download(url: string, token: string, file: string): Promise<{ ms: number; bytes: number; digest: string }> {
  const startedMs = performance.now();
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (response.status !== 200 || !response.body) throw new Error(`the home answered ${response.status}: ${await response.text()}`);
  const hash = createHash('sha256');
  let bytes = 0;
  const digesting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), digesting, createWriteStream(file));
  return { ms: performance.now() - startedMs, bytes, digest: hash.digest('hex') };
}

async function verifyFile(file: string, pem: string): Promise<{ ms: number; withheld: number }> {
  const startedMs = performance.now();
  await using handle = await open(file, 'r');
  const { size: sizeBytes } = await handle.stat();
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };
  const { withheld } = await verifyPack({ sizeBytes, read }, { pems: [pem] });
  return { ms: performance.now() - startedMs, withheld: Object.values(withheld).reduce((sum, count) => sum + count, 0) };
}

/** Leaves the pack in the file. */
export async function measurePack(dataDir: string, { kind, executionId, logBytes }: LogSet, file: string): Promise<PackFigures> {
  // As the launcher starts a home.
  const env = { ...hostEnvironment, ...process.env, NODE_COMPILE_CACHE: compileCache };
  const child = fork(program, [dataDir], { env, execArgv: ['--no-warnings', ...hostFlags], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const next = async (): Promise<PackHostMessage> => ((await once(child, 'message')) as [PackHostMessage])[0]; // Only pack-host.ts sends here.
  try {
    const ready = await next();
    if (ready.kind !== 'ready') throw new Error('the home did not say where it listens');
    const url = `${ready.url}/api/executions/${executionId}/disclosure.tgz`;
    const askMemory = async (): Promise<PackHostMessage & { kind: 'memory' }> => {
      child.send('memory');
      const answer = await next();
      if (answer.kind !== 'memory') throw new Error('the home did not say what memory it took');
      return answer;
    };
    const rest = await askMemory();
    const first = await download(url, ready.token, file);
    const second = await download(url, ready.token, file);
    const { peakRssBytes, cpuMs } = await askMemory();
    const verified = await verifyFile(file, ready.pem);
    return {
      kind,
      logBytes,
      packBytes: first.bytes,
      packMs: [first.ms, second.ms],
      cpuMs: (cpuMs - rest.cpuMs) / 2,
      verifyMs: verified.ms,
      restRssBytes: rest.rssBytes,
      peakRssBytes,
      digest: first.digest,
      isSameTwice: first.digest === second.digest,
      withheld: verified.withheld,
    };
  } finally {
    child.send('end');
    await once(child, 'exit');
  }
}
