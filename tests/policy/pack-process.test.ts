import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PackProcess, packWorkerSource } from '../../policy/engine/process/pack-process.ts';
import { buildInput } from '../support/build-policy-input.ts';

const cwd = fileURLToPath(new URL('../..', import.meta.url));
const urlOf = (path: string): string => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);

/** A home whose process judges the pack endless; what it is asked about decides whether that ends. */
const homeScript = (worker: string, region: string): string => `
  import { loadBundle } from ${urlOf('policy/engine/load-bundle.ts')};
  import { PackProcess } from ${urlOf('policy/engine/process/pack-process.ts')};
  import { fixtureBundle } from ${urlOf('tests/support/build-policy-bundle.ts')};
  const child = await PackProcess.start(${JSON.stringify(worker)});
  const bundle = await loadBundle(fixtureBundle('endless'), 'digest');
  child.post({ key: 'endless', inputs: [${JSON.stringify(JSON.stringify(buildInput({ requested: region, workflow: region })))}], bundle });
  const { kind } = await child.next(20_000);
  process.stdout.write(kind);
  setInterval(() => {}, 1000);`;

let folder: string;
let worker: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-pack-process-'));
  worker = join(folder, 'worker.ts');
  writeFileSync(worker, `import ${JSON.stringify(packWorkerSource)};`);
});

afterEach(() => {
  for (const pid of judging()) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Processes that run the program of this test; one that ended has no command line. */
function judging(): number[] {
  const isIt = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(worker);
    } catch {
      return false; // It ended meanwhile.
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isIt(name))
    .map(Number);
}

test('the process that judges packs has a small heap and nothing of our environment', async () => {
  const tell = `process.send({ kind: 'ready' });
    const reason = JSON.stringify({ heap: require('node:v8').getHeapStatistics().heap_size_limit, env: Object.keys(process.env) });
    process.send({ kind: 'broken', reason });`;
  const program = join(folder, 'worker.cjs');
  writeFileSync(program, tell);
  const child = await PackProcess.start(program);
  const told = await child.next(20_000);
  await child.end();
  const { heap, env } = JSON.parse(told.kind === 'broken' ? told.reason : '{}') as { heap: number; env: string[] };
  expect(heap).toBeGreaterThan(0);
  // 128 MiB, and a young generation of the usual size.
  expect(heap).toBeLessThanOrEqual(320 * 1024 * 1024);
  // How to answer; node takes it out of the environment once it has read it.
  expect(env.filter((name) => !name.startsWith('NODE_CHANNEL_'))).toEqual([]);
}, 30_000);

(process.platform === 'linux' ? describe : describe.skip)('the process that judges packs', () => {
  test.each(['calm', 'endless'])(
    'ends soon after a home that was killed, also when a rule does not end (%s)',
    async (region) => {
      const home = spawn(process.execPath, ['--input-type=module', '-e', homeScript(worker, region)], {
        cwd,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      expect(String(await new Promise((told) => home.stdout.once('data', told)))).toBe('begun');
      expect(judging()).toHaveLength(1);
      home.kill('SIGKILL');
      for (let waits = 0; judging().length > 0 && waits < 150; waits++) await delay(100);
      expect(judging()).toEqual([]);
    },
    60_000,
  );
});
