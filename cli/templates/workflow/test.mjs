// Validates, plans, runs and verifies the workflow in a home of its own, which is gone afterwards. Needs Node 20 and `maestro`; set
// MAESTRO to another way to start it, such as "node ../maestro/cli/bin/maestro.mjs".
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Ends the test with a sentence: a stack would say nothing more. */
function stop(reason) {
  console.error(`✘ ${reason}`);
  process.exit(1);
}

const notFound =
  'maestro was not found. Put it on the PATH, or say how to start it: MAESTRO="node ../maestro/cli/bin/maestro.mjs" node test.mjs';
const [program, ...prefix] = (process.env.MAESTRO ?? 'maestro').split(' ');
const dataDir = mkdtempSync(join(tmpdir(), 'maestro-test-'));
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
const inputs = ['--inputs-file', 'inputs.example.json'];

function maestro(...args) {
  const env = { ...process.env, MC_DATA_DIR: dataDir };
  for (const name of ['MC_URL', 'MC_TOKEN']) delete env[name];
  const { error, status, stdout } = spawnSync(program, [...prefix, ...args, '--json'], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error) stop(error.code === 'ENOENT' ? notFound : error.message);
  if (status !== 0) throw new Error(`maestro ${args.join(' ')} ended with ${status}`);
  console.log(`✔ maestro ${args.join(' ')}`);
  return JSON.parse(stdout);
}

async function startHome() {
  const home = spawn(program, [...prefix, 'up', '--port', '0', '--data-dir', dataDir, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  home.once('error', (error) => stop(error.code === 'ENOENT' ? notFound : error.message));
  const ended = new Promise((resolve) => home.once('exit', resolve));
  for await (const line of createInterface({ input: home.stdout })) {
    const { pid } = JSON.parse(line);
    // By the pid that it printed: MAESTRO may start it through a wrapper, such as npx, that passes no signal on.
    return { stop: () => (home.exitCode ?? home.signalCode ?? process.kill(pid), ended) };
  }
  await ended;
  return stop('the home did not start; the lines above say why');
}

const home = await startHome();
try {
  maestro('validate', 'workflow.yaml');
  maestro('plan', 'workflow.yaml', ...inputs); // Exits with 3 when policy denies.
  const { id, state } = maestro('run', 'workflow.yaml', ...inputs, '--wait', '--timeout', '5m');
  if (state !== 'succeeded') throw new Error(`the execution ${id} is ${state}`);
  mkdirSync('out', { recursive: true });
  maestro('receipt', id, '-o', 'out/receipt.sigstore.json');
  maestro('keys', 'export', '-o', 'out/mc.pub');
  maestro('verify', 'out/receipt.sigstore.json', 'out/receipt.outputs.json', '--key', 'out/mc.pub');
} catch (error) {
  console.error(`✘ ${error.message}`);
  process.exitCode = 1;
} finally {
  await home.stop();
}
