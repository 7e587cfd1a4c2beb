import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { findProgram } from '../../runner/sandbox/find-program.ts';
import { SandboxRunner } from '../../runner/sandbox/sandbox-runner.ts';
import { removeFolder } from '../../runner/sandbox/scratch/remove-folder.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { buildSandboxRunner } from '../support/build-sandbox-runner.ts';
import { buildTaskSpec } from '../support/build-task-spec.ts';

const levels = ['bubblewrap-seccomp', 'bubblewrap', 'node-permission'] as const;

// Other systems take shorter paths, and without procfs and death signals (macOS) only the end of a pipe tells a child, and one that blocks its thread does not read it.
const onLinux = process.platform === 'linux' ? test : test.skip;

/** What procfs says of a process behind its name: state, parent and so on; undefined when it has ended, be it since it was listed. */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
  } catch {
    return undefined;
  }
}

/** All processes below this one that are alive now. */
function descendants(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(statOf(Number(name))?.[1]) }));
  const below = (of: number): number[] =>
    parents.filter(({ parent }) => parent === of).flatMap((child) => [child.pid, ...below(child.pid)]);
  return below(pid);
}

/** A zombie is dead: it only waits for somebody to ask. */
function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat[0] !== 'Z';
}

/** Two paths of 3,000 bytes, the second then moved below the first. */
const deepEntry = `import { mkdirSync, renameSync } from 'node:fs';
  export default async ({ scratch }) => {
    const names = Array.from({ length: 14 }, () => 'd'.repeat(200)).join('/');
    for (const top of ['/a/', '/b/']) mkdirSync(scratch + top + names, { recursive: true });
    renameSync(scratch + '/b', scratch + '/a/' + names + '/b');
    return {};
  };`;

/** A host of its own that runs one task for ever. */
const hostScript = (level: string, folder: string): string => `
  import { buildTaskSpec } from ${JSON.stringify(new URL('../support/build-task-spec.ts', import.meta.url).href)};
  import { SandboxRunner } from ${JSON.stringify(new URL('../../runner/sandbox/sandbox-runner.ts', import.meta.url).href)};
  import { systemClock } from ${JSON.stringify(new URL('../../shared/embedded/system-clock.ts', import.meta.url).href)};
  const runner = new SandboxRunner({ clock: systemClock, folder: ${JSON.stringify(folder)}, highestLevel: ${JSON.stringify(level)} });
  const sandbox = await runner.provision(buildTaskSpec({ entry: 'export default async ({ log }) => { log("up"); for (;;); };' }));
  void sandbox.execute(new AbortController().signal);
  while ((await sandbox.collectLogs()).length === 0) await new Promise((done) => setTimeout(done, 20));
  process.stdout.write('running');
  setInterval(() => {}, 1000);`;

describe('sandbox runner', () => {
  test('a task below the level that the operator wants is refused, with the reason', async () => {
    const { runner, leftovers, remove } = buildSandboxRunner({ highestLevel: 'node-permission', minimumLevel: 'bubblewrap' });
    await expect(runner.provision(buildTaskSpec())).rejects.toMatchObject({
      code: 'mc:runner:refused',
      message: expect.stringContaining('at least bubblewrap is wanted'),
    });
    expect(await leftovers()).toEqual([]);
    await remove();
  });

  test('a machine on which nothing works is refused, with every reason', async () => {
    const { runner, remove } = buildSandboxRunner({ nodePath: '/no/such/node' });
    await expect(runner.provision(buildTaskSpec())).rejects.toMatchObject({
      code: 'mc:runner:refused',
      message: expect.stringContaining('/no/such/node'),
    });
    await remove();
  });

  test('a file that would lie outside of the workspace is never written', async () => {
    const { runner, leftovers, remove } = buildSandboxRunner({ highestLevel: 'node-permission' });
    for (const path of ['../escaped', '/etc/escaped', 'a/../../escaped', 'a//b', '']) {
      await expect(runner.provision(buildTaskSpec({ files: [{ path, bytes: new Uint8Array() }] }))).rejects.toThrow('workspace file');
    }
    expect(await leftovers()).toEqual([]);
    await remove();
  });

  test('what a killed host left behind is removed before the first task', async () => {
    const { runner, leftovers, folder, remove } = buildSandboxRunner();
    mkdirSync(join(folder, 'task-left', 'scratch'), { recursive: true });
    await runner.level();
    expect(await leftovers()).toEqual([]);
    await remove();
  });

  // A path may have 4,096 bytes: what lies in a folder that is nearly as deep itself cannot be reached from there.
  onLinux('what cannot be removed is named in a warning, and the home starts', async () => {
    const top = mkdtempSync(join(tmpdir(), 'mc-runner-'));
    const above = join(top, ...Array.from({ length: 19 }, () => 'd'.repeat(200)));
    const folder = join(above, 'd'.repeat(3_949 - above.length));
    const left = join(folder, 'task-left');
    mkdirSync(left, { recursive: true });
    mkdirSync(join(top, 'in', 'e'.repeat(200)), { recursive: true });
    renameSync(join(top, 'in'), join(left, 'in'));
    const warnings: unknown[] = [];
    const logger = { warn: (...said: unknown[]) => void warnings.push(said) };
    const runner = new SandboxRunner({ clock: systemClock, folder, logger });
    await expect(runner.level()).resolves.toBeDefined();
    const error: unknown = expect.objectContaining({ code: 'ENAMETOOLONG' });
    expect(warnings).toEqual([[expect.stringContaining('could not be removed'), { folder: left, error }]]);
    await removeFolder(top);
  });

  onLinux('a task whose scratch is deeper than a path may be long leaves nothing', async () => {
    const { runner, leftovers, remove } = buildSandboxRunner({ highestLevel: 'node-permission' });
    const sandbox = await runner.provision(buildTaskSpec({ entry: deepEntry }));
    expect(await sandbox.execute(new AbortController().signal)).toMatchObject({ kind: 'succeeded' });
    await sandbox.release();
    expect(await leftovers()).toEqual([]);
    await remove();
  });

  // Without bubblewrap a killed task's helper is init's to reap.
  (findProgram('bwrap') === undefined ? test.skip : test)('a killed task in bubblewrap leaves no dead process to init', async () => {
    const { runner, remove } = buildSandboxRunner();
    await runner.level();
    const others = descendants(process.pid);
    const sandbox = await runner.provision(
      buildTaskSpec({ entry: 'export default async () => { for (;;); };', limits: { timeoutMs: 600 } }),
    );
    const running = sandbox.execute(new AbortController().signal);
    await delay(400);
    const tasks = descendants(process.pid).filter((pid) => !others.includes(pid));
    expect(tasks.length).toBeGreaterThan(0);
    expect(await running).toMatchObject({ failure: 'timeout' });
    expect(tasks.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    await sandbox.release();
    await remove();
  });

  onLinux('a signal opens no debugger in the process that runs tasks', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mc-host-'));
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const host = spawn(process.execPath, ['--input-type=module', '-e', hostScript('node-permission', folder)], { cwd });
    await new Promise((up) => host.stdout.once('data', up));
    let said = '';
    host.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    host.kill('SIGUSR1');
    await delay(500);
    const ended = host.exitCode ?? host.signalCode;
    host.kill('SIGKILL');
    expect([ended, said]).toEqual([null, '']);
    rmSync(folder, { recursive: true });
  });

  for (const level of levels) {
    onLinux(`no task outlives a host that is killed (${level} where it works)`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'mc-host-'));
      const cwd = fileURLToPath(new URL('../..', import.meta.url));
      const host = spawn(process.execPath, ['--input-type=module', '-e', hostScript(level, folder)], {
        cwd,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((up) => host.stdout.once('data', up));
      const tasks = descendants(host.pid ?? 0);
      expect(tasks.length).toBeGreaterThan(0);
      host.kill('SIGKILL');
      for (let waited = 0; waited < 5_000 && tasks.some(isAlive); waited += 50) await delay(50);
      expect(tasks.filter(isAlive)).toEqual([]);
      rmSync(folder, { recursive: true });
    });
  }
});
