import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { buildProgram } from '../../cli/program.ts';
import { examplesOf } from '../../cli/command-options.ts';
import { bareEnv, jsonOf, runCli } from '../support/cli/run-cli.ts';

function leavesOf(command: Command): Command[] {
  return command.commands.flatMap((child) => (child.commands.length > 0 ? leavesOf(child) : [child]));
}

describe('the command line', () => {
  test('without arguments shows its commands', async () => {
    const result = await runCli([]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    for (const name of ['up', 'publish', 'run', 'verify']) expect(result.stdout).toContain(`  ${name} `);
  });

  test('an unknown command is a usage error with a suggestion', async () => {
    const result = await runCli(['pubish', 'workflow.yaml']);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toBe(
      "error mc:cli:usage: unknown command 'pubish'\n  fix      Did you mean publish? See `maestro help` for arguments, options and examples.\n",
    );
  });

  test.each([
    [['publish'], 'maestro publish --help'],
    [['run'], 'maestro run --help'],
    [['run', 'x', '--nonsense'], 'maestro run --help'],
    [['publish', 'x.yaml', '--bump', 'huge'], 'maestro publish --help'],
    [['completion', 'tcsh'], 'maestro completion --help'],
    [['keys', 'nope'], 'maestro keys --help'],
    [['keys', 'rotate', '--nope'], 'maestro keys rotate --help'],
  ])('wrong arguments are a usage error that names the help of the command: %j', async (args, help) => {
    const result = await runCli(args);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^error mc:cli:usage: [^]*\n {2}fix {6}See /);
    expect(result.stderr).toContain(help);
  });

  test.each(['0', '101', 'ten', '1e1', ''])('a page of %j entries is refused before a home is looked for', async (limit) => {
    const { code, stderr } = await runCli(['status', '--limit', limit]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`--limit got ${JSON.stringify(limit)}; allowed is a number from 1 to 100.`),
    });
  });

  test('with --json an error is one JSON document on standard output', async () => {
    for (const args of [['pubish'], ['validate', 'absent.yaml'], ['whoami']]) {
      const result = await runCli([...args, '--json']);
      expect(jsonOf(result)).toEqual({ error: expect.objectContaining({ code: expect.stringMatching(/^mc:/), fix: expect.any(String) }) });
      expect(result.code).toBeGreaterThan(0);
    }
  });

  test('a home that does not run is named, with what to do', async () => {
    const result = await runCli(['whoami', '--url', 'http://127.0.0.1:9']);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('mc:host:unreachable');
    expect(result.stderr).toContain('maestro up');
  });

  test('every command has a description, examples and --json', () => {
    for (const command of leavesOf(buildProgram())) {
      expect([command.name(), command.description()]).not.toEqual([command.name(), '']);
      expect([command.name(), examplesOf(command).length]).not.toEqual([command.name(), 0]);
      expect(command.options.map((option) => option.long)).toContain('--json');
    }
  });

  test('help of a command shows its examples', async () => {
    const result = await runCli(['publish', '--help']);
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('$ maestro publish workflow.yaml');
    expect((await runCli(['help', 'publish'])).stdout).toBe(result.stdout);
  });

  test('help of a command of a group is had both ways', async () => {
    const { stdout } = await runCli(['policy', 'test', '--help']);
    expect(stdout).toContain('Usage: maestro policy test ');
    expect(await runCli(['help', 'policy', 'test'])).toEqual({ code: 0, stdout, stderr: '' });
    expect(await runCli(['policy', 'help', 'test'])).toEqual({ code: 0, stdout, stderr: '' });
  });

  test('help for a command that there is not is a usage error with a suggestion', async () => {
    expect(await runCli(['help', 'nope'])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('no command nope.') });
    expect(await runCli(['policy', 'help', 'tst'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('There is no command policy tst. Did you mean test?'),
    });
  });

  test('verify-bundle that nobody is named to does not speak of a file that it never looks for', async () => {
    const { code, stderr } = await runCli(['verify-bundle', '--bundle', 'r.json', 'r.outputs.json']);
    expect(code).toBe(2);
    expect(stderr).toContain('no --key, no --certificate-identity. `maestro keys export');
    expect(stderr).toContain('See `maestro verify-bundle --help`');
  });

  test('colour is only for terminals', async () => {
    const result = await runCli(['validate', 'absent.yaml']);
    expect(result.stderr).not.toContain('\u001b[');
  });

  test('a reader that closes the pipe early is no failure', async () => {
    const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, 'completion', 'fish'], { env: bareEnv(), stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('prints its version and that of Node', async () => {
    expect(jsonOf(await runCli(['version', '--json']))).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: process.versions.node,
    });
    expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
