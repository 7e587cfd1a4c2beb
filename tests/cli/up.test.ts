import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { bareEnv, jsonOf, launcher, runCli } from '../support/cli/run-cli.ts';

const Started = z.object({
  url: z.url(),
  dataDir: z.string(),
  login: z.string(),
  pid: z.int(),
  sandbox: z.object({ level: z.string(), tools: z.string(), networkBlocked: z.boolean() }),
});
type Home = z.infer<typeof Started> & {
  stop(signal: NodeJS.Signals): Promise<number | null>;
  said(text: string): Promise<void>;
  heard(): string;
};
const slowMs = 60_000;

describe('maestro up', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-up-'));
  const env = { XDG_DATA_HOME: join(folder, 'share') };
  const running: ChildProcess[] = [];
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function up(dataDir: string, ...more: string[]): Promise<Home> {
    const child = spawn(process.execPath, [launcher, 'up', '--port', '0', '--data-dir', dataDir, '--json', ...more], {
      env: bareEnv(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
    return {
      ...Started.parse(JSON.parse(line)),
      stop: (signal) => {
        child.kill(signal);
        return ended;
      },
      said: async (text) => {
        for (let waited = 0; waited < 10_000 && !stderr.includes(text); waited += 20) await delay(20);
        expect(stderr).toContain(text);
      },
      heard: () => stderr,
    };
  }

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'starts a home that the command line finds, and ends gracefully on %s',
    async (signal) => {
      const dataDir = join(folder, signal);
      const home = await up(dataDir);
      expect(home).toMatchObject({ dataDir, login: join(dataDir, 'login.json') });
      expect(await runCli(['whoami'], { env })).toMatchObject({ code: 0, stdout: expect.stringContaining(home.url) });

      expect(await home.stop(signal)).toBe(0);

      expect(existsSync(home.login)).toBe(false);
      expect(await runCli(['whoami'], { env })).toMatchObject({ code: 1, stderr: expect.stringContaining('maestro up') });
    },
    slowMs,
  );

  test(
    'a data folder in use, a port in use, a wrong port and a wrong region are refused with the fix',
    async () => {
      const dataDir = join(folder, 'used');
      const home = await up(dataDir);
      const second = await runCli(['up', '--port', '0', '--data-dir', dataDir], { env });
      expect(second).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('mc:host:data-dir-in-use') });
      await home.stop('SIGTERM');

      const blocker = createServer();
      await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
      const address = blocker.address();
      const port = typeof address === 'object' && address !== null ? String(address.port) : '';
      const taken = await runCli(['up', '--port', port, '--data-dir', dataDir], { env });
      blocker.close();
      expect(taken).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('mc:host:port-in-use') });
      expect(await runCli(['up', '--port', '70000'], { env })).toMatchObject({ code: 2, stderr: expect.stringContaining('65535') });
      expect(await runCli(['up', '--warm', '65'], { env })).toMatchObject({ code: 2, stderr: expect.stringContaining('0 to 64') });
      expect(await runCli(['up', '--region', 'in Europe'], { env })).toMatchObject({ code: 2, stderr: expect.stringContaining('EU') });
      expect(await runCli(['up', '--audience', 'acme'], { env })).toMatchObject({ code: 2, stderr: expect.stringContaining('--issuer') });
    },
    slowMs,
  );

  test(
    'every flag is checked before the data folder is opened, also where another home uses it',
    async () => {
      const dataDir = join(folder, 'flags');
      const home = await up(dataDir);
      const wrong: [flags: string[], said: string][] = [
        [['--backup-keep', '0'], '--backup-keep got "0"; allowed is a number from 1 to'],
        [['--backup-to', '', '--no-backup-keys'], '--backup-to got ""'],
        [['--host', '192.0.2.1'], '192.0.2.1 is no address of this machine'],
        [['--host', ''], '--host got ""'],
      ];
      for (const [flags, said] of wrong) {
        const { code, stdout, stderr } = await runCli(['up', '--port', '0', '--data-dir', dataDir, ...flags], { env });
        expect({ flags, code, stdout, stderr }).toEqual({
          flags,
          code: expect.any(Number),
          stdout: '',
          stderr: expect.stringContaining(said),
        });
        expect(stderr).not.toContain('mc:host:data-dir');
        expect(code).not.toBe(0);
      }
      await home.stop('SIGTERM');
    },
    slowMs,
  );

  test(
    'a data folder that others may enter, or that is a file, is refused with the fix and no word of a fault of ours',
    async () => {
      const open = join(folder, 'open');
      mkdirSync(open);
      chmodSync(open, 0o755);
      const refused = await runCli(['up', '--port', '0', '--data-dir', open], { env });
      expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('mc:host:data-dir-open') });
      expect(refused.stderr).toContain(`chmod 700 '${open}'`);
      const file = join(folder, 'file');
      writeFileSync(file, '');
      const unusable = await runCli(['up', '--port', '0', '--data-dir', file], { env });
      expect(unusable).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('mc:host:data-dir-unusable') });
    },
    slowMs,
  );

  test(
    'says in which sandbox tasks run, and starts in no weaker one than was asked for',
    async () => {
      const home = await up(join(folder, 'sandboxed'));
      await home.stop('SIGTERM');
      expect(['bubblewrap-seccomp', 'bubblewrap', 'node-permission']).toContain(home.sandbox.level);
      if (!home.sandbox.networkBlocked) await home.said('TASKS REACH THE NETWORK');
      expect(await runCli(['up', '--sandbox', 'none'], { env })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('node-permission'),
      });
      if (home.sandbox.level === 'bubblewrap-seccomp') return;
      const refused = await runCli(['up', '--port', '0', '--data-dir', join(folder, 'sandboxed'), '--sandbox', 'bubblewrap-seccomp'], {
        env,
      });
      expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('maestro up --sandbox node-permission') });
    },
    slowMs,
  );

  test(
    'on an address that others reach it says so, and on that of this machine it does not',
    async () => {
      const shown = await up(join(folder, 'shown'), '--host', '0.0.0.0');
      await shown.said('plain HTTP on 0.0.0.0');
      await shown.stop('SIGTERM');
      const own = await up(join(folder, 'own'), '--host', '127.0.0.1');
      await own.stop('SIGTERM');
      expect(own.heard()).not.toContain('plain HTTP');
    },
    slowMs,
  );

  test(
    'of two homes of one user the command line finds the newer, and the older again when the newer stops',
    async () => {
      const [older, newer] = [await up(join(folder, 'older')), await up(join(folder, 'newer'))];
      expect(await runCli(['whoami'], { env })).toMatchObject({ code: 0, stdout: expect.stringContaining(newer.url) });
      await newer.stop('SIGTERM');
      expect(await runCli(['whoami'], { env })).toMatchObject({ code: 0, stdout: expect.stringContaining(older.url) });
      await older.stop('SIGTERM');
    },
    slowMs,
  );

  test(
    'says what it waits for when it is told to stop, and stops at once when it is told again',
    async () => {
      const home = await up(join(folder, 'waiting'));
      const manifest = join(folder, 'slow.yaml');
      writeFileSync(
        manifest,
        "name: slow\nversion: 1.0.0\ntasks: [{ id: only, uses: 'pkg:demo/sleep@1.0.0', with: { ms: 50000 }, timeout: 60s }]\n",
      );
      const started = await runCli(['run', manifest, '--json'], { env });
      const { id } = z.object({ id: z.string() }).parse(jsonOf(started));
      for (let state = ''; !state.includes('"running"');) state = (await runCli(['status', id, '--json'], { env })).stdout;
      await delay(1_000); // From the claim to the start of the process.
      const ended = home.stop('SIGTERM');
      await home.said('SIGTERM: no new work is taken; waiting for 1 attempt, at most ');
      await home.said('s; press Ctrl-C again to stop at once');
      await delay(400); // What comes sooner may be the same Ctrl-C, delivered twice.
      const stopped = performance.now();
      await home.stop('SIGTERM');
      expect(await ended).toBe(1);
      expect(performance.now() - stopped).toBeLessThan(5_000);
    },
    slowMs,
  );
});
