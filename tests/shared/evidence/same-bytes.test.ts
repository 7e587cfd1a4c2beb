/** The same run gives the same pack in another process, whatever that process finds around it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openEmbeddedHome } from '../../../cli/host/embedded-deps.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { isTerminal } from '../../../shared/execution/execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { createWorkflow } from '../../../shared/manifest/create-workflow.ts';
import { publishWorkflow } from '../../../shared/publish/publish-workflow.ts';
import type { Actor } from '../../../shared/tenant/actor.ts';

const slowMs = 120_000;
const program = fileURLToPath(new URL('../../support/evidence/pack-digest-main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mc-same-'));
const dataDir = join(folder, 'here');
let id: string;

beforeAll(async () => {
  // Enough for several members of gzip, with values to withhold and letters that a locale could order in its own way.
  const lines = Array.from({ length: 15_000 }, (_, at) => ({
    at,
    stream: 'stdout' as const,
    text: `Ärger ${at} for reader-${at}@mail.example.com, I/i`,
  }));
  const runner = new SimulatedRunner(() => ({ result: { kind: 'succeeded', outputs: {}, usage: { wallMs: 1 } }, log: lines }));
  const home = await openEmbeddedHome({ dataDir, runner });
  const actor: Actor = { sub: 'admin@example.com', tenant: home.deps.config.ownerTenant, roles: ['admin'] };
  const text = `name: same\nversion: 1.0.0\ndataClass: internal\ntasks: [{ id: z, uses: 'pkg:demo/echo@1.0.0' }, { id: A, uses: 'pkg:demo/echo@1.0.0' }]\n`;
  const { workflow } = await createWorkflow(home.deps, actor, { text, mediaType: 'application/yaml' });
  await publishWorkflow(home.deps, actor, { id: workflow.id });
  const started = await startExecution(home.deps, actor, { workflow: 'same' });
  if (started.kind === 'denied') throw new Error('the run was denied');
  ({ id } = started.execution);
  while (!isTerminal((await getExecution(home.deps, actor, id)).state)) await new Promise((resolve) => setTimeout(resolve, 20));
  await home.close();
}, slowMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Digest of the pack, hour of the epoch there, and how that process writes a half. */
function packIn(
  place: string,
  env: Record<string, string>,
  { flags = [], mask = '22' }: { flags?: string[]; mask?: string } = {},
): string[] {
  const args = ['--no-warnings', ...flags, program, place, id, mask];
  const output = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return output.trim().split(' ');
}

test(
  'at the other end of the world, in another language, with another mask, other flags, and on a copy of the folder',
  () => {
    const [digest, hour] = packIn(dataDir, { TZ: 'UTC', LC_ALL: 'C.UTF-8' });
    expect(digest).toMatch(/^sha256:/);
    const [far, farHour, half] = packIn(dataDir, { TZ: 'Pacific/Kiritimati', LC_ALL: 'de_DE.UTF-8', LANG: 'tr_TR.UTF-8' }, { mask: '77' });
    // Otherwise the other place is none.
    expect([farHour, half]).not.toEqual([hour, '0.5']);
    expect(far).toBe(digest);
    const copy = join(folder, 'there');
    cpSync(dataDir, copy, { recursive: true });
    chmodSync(copy, 0o700);
    const [copied] = packIn(copy, { TZ: 'America/St_Johns', UV_THREADPOOL_SIZE: '1' }, { flags: ['--max-semi-space-size=1'], mask: '0' });
    expect(copied).toBe(digest);
  },
  slowMs,
);
