import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { jsonOf, runCli, type CliResult } from '../support/cli/run-cli.ts';

const bad = `name: bad
version: 1.0.0
tasks:
  - id: a
    uses: pkg:demo/echo@1.0.0
    needs: [b, nobody]
  - id: b
    uses: nonsense
    needs: [a]
`;

describe('maestro validate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-validate-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const validate = async (name: string, text: string, ...options: string[]): Promise<CliResult> => {
    writeFileSync(join(folder, name), text);
    return runCli(['validate', name, ...options], { cwd: folder });
  };

  test('says name, version and digest of a good manifest', async () => {
    const good = 'name: good\nversion: 1.0.0\ntasks: [{ id: a, uses: "pkg:demo/echo@1.0.0" }]\n';
    const result = await validate('good.yaml', good, '--json');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(jsonOf(result)).toMatchObject({
      valid: true,
      name: 'good',
      version: '1.0.0',
      digest: expect.stringMatching(/^sha256:/),
      issues: [],
    });
  });

  test('says what was checked, and that packages are checked elsewhere', async () => {
    const { stdout } = await validate('plain.yaml', 'name: plain\nversion: 1.0.0\ntasks: [{ id: a, uses: "pkg:demo/absent@1.0.0" }]\n');
    expect(stdout).toMatch(
      /^✔ plain\.yaml: plain@1\.0\.0, 1 task, sha256:\w+\n {2}checked were fields, needs and references; packages .* maestro plan plain\.yaml\n$/,
    );
  });

  test('names every problem at once as file:line:column', async () => {
    const result = await validate('bad.yaml', bad);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^bad\.yaml:6:\d+: .*nobody/m);
    expect(result.stderr).toMatch(/^bad\.yaml:8:\d+: .*nonsense/m);
    expect(result.stderr).toMatch(/^bad\.yaml:\d+:\d+: .*a → b → a/m);
    expect(result.stderr).toContain('allowed');
    expect(result.stderr).toContain('fix');
  });

  test('with --json answers the problems with pointer, line and column', async () => {
    const result = await validate('bad.yaml', bad, '--json');
    expect(result.code).toBe(2);
    const issue = expect.objectContaining({ pointer: '/tasks/1/uses', line: 8, column: expect.any(Number) });
    expect(jsonOf(result)).toMatchObject({ valid: false, code: 'mc:manifest:invalid', issues: expect.arrayContaining([issue]) });
  });

  test('reads JSON manifests, too', async () => {
    const result = await validate('bad.json', '{\n  "name": "x",\n  "version": "1.0.0",\n  "tasks": []\n}\n');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('bad.json:4:');
  });

  test('text that is no YAML is a problem with a position', async () => {
    const result = await validate('broken.yaml', 'name: [unclosed\nversion: 1\n');
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/broken\.yaml:\d+:\d+:/);
  });

  test('a file that is absent or too large is refused', async () => {
    const absent = await runCli(['validate', 'absent.yaml'], { cwd: folder });
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no such file') });
    const large = await validate('large.yaml', '# padding\n'.repeat(1_000_000));
    expect(large).toMatchObject({ code: 2, stderr: expect.stringContaining('mc:manifest:too-large') });
  });
});
