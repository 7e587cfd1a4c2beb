import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { jsonOf, launcher, runCli } from '../support/cli/run-cli.ts';

/** A Node older than ours on this machine, as many users have it. */
function findOldNode(): string | undefined {
  const places = [...(process.env['PATH'] ?? '').split(':'), '/usr/bin', '/usr/local/bin'].map((folder) => join(folder, 'node'));
  return places.find((path) => {
    try {
      return Number(/^v(\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1]) < 24;
    } catch {
      return false; // No program of that name there.
    }
  });
}

describe('the launcher', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-launcher-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('runs the command line and passes arguments and exit code on', async () => {
    expect(jsonOf(await runCli(['version', '--json'], { isLaunched: true }))).toMatchObject({ version: expect.any(String) });
    expect(await runCli(['pubish'], { isLaunched: true })).toMatchObject({ code: 2 });
  });

  const oldNode = findOldNode();
  const withOldNode = oldNode === undefined ? test.skip : test; // Skipped where the machine has no older Node.
  const node = oldNode ?? '';

  withOldNode('takes the pinned Node when the one that starts it is too old', async () => {
    expect(jsonOf(await runCli(['version', '--json'], { isLaunched: true, node }))).toMatchObject({ node: process.versions.node });
    expect(await runCli(['pubish'], { isLaunched: true, node })).toMatchObject({ code: 2 });
  });

  withOldNode('says what is missing when there is no Node it can use', () => {
    cpSync(dirname(launcher), join(folder, 'cli/bin'), { recursive: true });
    const start = (): string => execFileSync(node, [join(folder, 'cli/bin/maestro.mjs'), 'version'], { encoding: 'utf8', stdio: 'pipe' });
    expect(start).toThrow(expect.objectContaining({ status: 2, stderr: expect.stringContaining('npm ci') }));
  });
});
