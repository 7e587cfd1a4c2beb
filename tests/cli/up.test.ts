import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { bareEnv, launcher, runCli } from '../support/run-cli.ts';

const Started = z.object({ url: z.url(), dataDir: z.string(), login: z.string(), pid: z.int() });
const slowMs = 60_000;

describe('maestro up', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-up-'));
  const env = { XDG_DATA_HOME: join(folder, 'share') };
  const running: ChildProcess[] = [];
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function up(dataDir: string): Promise<z.infer<typeof Started> & { stop(signal: NodeJS.Signals): Promise<number | null> }> {
    const child = spawn(process.execPath, [launcher, 'up', '--port', '0', '--data-dir', dataDir, '--json'], {
      env: bareEnv(env),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    running.push(child);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
    return {
      ...Started.parse(JSON.parse(line)),
      stop: (signal) => {
        child.kill(signal);
        return ended;
      },
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
      expect(await runCli(['up', '--region', 'in Europe'], { env })).toMatchObject({ code: 2, stderr: expect.stringContaining('EU') });
    },
    slowMs,
  );
});
