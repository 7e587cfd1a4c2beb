/**
 * A home on a small file system of its own, which fills up while a task runs and gets room again. Prints what was seen. Argument: a folder on a file system
 * that nobody else uses.
 */
import { rmSync, writeSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MaestroClient } from '../../cli/client/maestro-client.ts';
import { waitForExecution } from '../../cli/client/wait-for-execution.ts';
import { startHost } from '../../cli/host/start-host.ts';

const [folder = ''] = process.argv.slice(2);
const filler = join(folder, 'filler');

/** Writes until nothing more can be written. */
function fill(): void {
  const file = openSync(filler, 'w');
  for (let size = 64 * 1024; size > 0;) {
    try {
      writeSync(file, Buffer.alloc(size, 1));
    } catch {
      size = size > 1 ? Math.floor(size / 2) : 0; // Full for this size: the last bytes fit in smaller pieces.
    }
  }
  closeSync(file);
}

async function health(): Promise<{ status: number; code: unknown }> {
  const response = await fetch(`${host.url}/healthz`);
  const body = (await response.json()) as { code?: unknown };
  return { status: response.status, code: body.code };
}

const host = await startHost({ port: 0, dataDir: join(folder, 'home'), isAnnounced: false, log: () => undefined });
const client = new MaestroClient({ url: host.url, token: host.token });
const manifest = `name: slow\nversion: 1.0.0\ntasks: [{ id: only, uses: 'pkg:demo/sleep@1.0.0', with: { ms: 1500 } }]\n`;
const { workflow } = await client.createWorkflow(manifest);
await client.publishWorkflow(workflow.id);
const { id } = await client.startExecution({ workflow: 'slow' }, { idempotencyKey: 'once' });
while ((await client.getExecution(id)).tasks[0]?.state !== 'running') await delay(20);
fill();
const whenFull = await health();
/** The write-ahead log reuses the room that it has, so a few more may fit into it. */
const maxStarts = 300;
const started = [id];
let refused: unknown = 'nothing';
for (let n = 0; n < maxStarts && refused === 'nothing'; n += 1) {
  await client.startExecution({ workflow: 'slow' }, { idempotencyKey: `another-${n}` }).then(
    (execution) => void started.push(execution.id),
    (error: unknown) => (refused = error instanceof Error && 'code' in error ? error.code : String(error)),
  );
}
await delay(3_000);
const stateWhenFull = (await client.getExecution(id)).state;
rmSync(filler);
const [ended, ...others] = await Promise.all(started.map((one) => waitForExecution(client, one, { timeoutMs: 60_000 })));
// A probe serves everybody for five seconds.
const deadline = Date.now() + 10_000;
let whenFree = await health();
while (whenFree.status !== 200 && Date.now() < deadline) {
  await delay(100);
  whenFree = await health();
}
await host.close();
const failures = ended?.tasks[0]?.attempts.map(({ failure }) => failure);
const states = [...new Set([ended, ...others].map((one) => one?.state))];
process.stdout.write(`${JSON.stringify({ whenFull, refused, stateWhenFull, states, failures, whenFree })}\n`);
