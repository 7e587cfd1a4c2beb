import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { bareEnv, jsonOf, launcher, runCli } from '../support/cli/run-cli.ts';

const slowMs = 120_000;

describe('scaffolds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-scaffold-'));
  const direct = `${process.execPath} ${launcher}`;
  /** Starts the same and passes no signal on, as npx does. */
  const wrapped = join(folder, 'wrapped');
  writeFileSync(wrapped, `#!/bin/sh\n${direct} "$@"\nexit $?\n`, { mode: 0o700 });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test(
    'init writes a workflow that validates, and overwrites nothing',
    async () => {
      const cwd = join(folder, 'hello');
      mkdirSync(cwd);
      expect(jsonOf(await runCli(['init', '--json'], { cwd }))).toMatchObject({ files: ['README.md', 'workflow.yaml'] });
      expect(jsonOf(await runCli(['validate', 'workflow.yaml', '--json'], { cwd }))).toMatchObject({ valid: true, name: 'hello' });
      expect(readFileSync(join(cwd, 'README.md'), 'utf8')).toMatch(/^# hello\n/);

      writeFileSync(join(cwd, 'workflow.yaml'), 'mine');
      expect(await runCli(['init'], { cwd })).toMatchObject({ code: 6, stderr: expect.stringContaining('workflow.yaml') });
      expect(readFileSync(join(cwd, 'workflow.yaml'), 'utf8')).toBe('mine');
    },
    slowMs,
  );

  test(
    'init keeps a README that is there',
    async () => {
      const cwd = join(folder, 'project');
      mkdirSync(cwd);
      writeFileSync(join(cwd, 'README.md'), 'mine');
      expect(jsonOf(await runCli(['init', '--json'], { cwd }))).toMatchObject({ files: ['workflow.yaml'] });
      expect(readFileSync(join(cwd, 'README.md'), 'utf8')).toBe('mine');
    },
    slowMs,
  );

  test(
    'a name that can not be used is refused before anything is written',
    async () => {
      for (const args of [
        ['new', 'workflow', 'a'],
        ['new', 'service', 'Big'],
        ['new', 'workflow', '../up'],
      ]) {
        expect(await runCli(args, { cwd: folder })).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('allowed') });
      }
      expect(existsSync(join(folder, 'Big'))).toBe(false);
    },
    slowMs,
  );

  test.each([
    ['workflow', 'nightly', ['.github/workflows/ci.yml', 'POLICY.md', 'inputs.example.json', 'workflow.yaml']],
    ['service', 'count-words', ['.github/workflows/ci.yml', 'index.ts', 'mc-package.json']],
  ])(
    'a new %s passes its own test',
    async (kind, name, files) => {
      expect(await runCli(['new', kind, name], { cwd: folder })).toMatchObject({ code: 0 });
      for (const file of files) expect(readFileSync(join(folder, name, file), 'utf8')).not.toMatch(/__NAME__|PROJECT_NAME|\*\*NAME/);
      expect(readFileSync(join(folder, name, 'README.md'), 'utf8')).toMatch(new RegExp(`^# ${name}\n`));
      expect(await runCli(['new', kind, name], { cwd: folder })).toMatchObject({ code: 6 });

      const without = spawnSync(process.execPath, ['test.mjs'], {
        cwd: join(folder, name),
        env: bareEnv({ PATH: folder }),
        encoding: 'utf8',
      });
      expect(without).toMatchObject({ status: 1, stderr: expect.stringMatching(/^✘ maestro was not found.*PATH.*MAESTRO=.*\n$/) });

      for (const MAESTRO of [direct, wrapped]) {
        const env = bareEnv({ MAESTRO, XDG_DATA_HOME: join(folder, 'share') });
        const { stdout } = await promisify(execFile)(process.execPath, ['test.mjs'], { cwd: join(folder, name), env, timeout: 60_000 });

        expect(stdout).toContain('✔ maestro run');
      }
    },
    slowMs,
  );
});
