// Builds the package and runs it through a workflow in a home of its own, which is gone afterwards. Needs Node 20 and `maestro`; set
// MAESTRO to another way to start it, such as "node ../maestro/cli/bin/maestro.mjs".
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [program, ...prefix] = (process.env.MAESTRO ?? 'maestro').split(' ');
const dataDir = mkdtempSync(join(tmpdir(), 'maestro-test-'));
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));

function maestro(...args) {
  const env = { ...process.env, MC_DATA_DIR: dataDir };
  for (const name of ['MC_URL', 'MC_TOKEN']) delete env[name];
  const stdout = execFileSync(program, [...prefix, ...args, '--json'], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  console.log(`✔ maestro ${args.join(' ')}`);
  return JSON.parse(stdout);
}

async function startHome() {
  const home = spawn(program, [...prefix, 'up', '--port', '0', '--data-dir', dataDir, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => home.once('exit', resolve));
  for await (const line of createInterface({ input: home.stdout })) {
    return { ...JSON.parse(line), stop: () => (home.kill(), ended) };
  }
  throw new Error('the home did not start');
}

const home = await startHome();
try {
  maestro('package', 'push', '.');
  const { state, outputs } = maestro('run', 'workflow.test.yaml', '--wait', '--timeout', '5m');
  assert.equal(state, 'succeeded');
  assert.deepEqual(outputs, { words: 3 });
} finally {
  await home.stop();
}
