import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../shared/core/digest.ts';
import { buildOwnPack, buildPolicyKey, goldensOf, readFixture, withFiles, withManifest } from '../support/build-own-pack.ts';
import { findOracle } from '../support/find-oracle.ts';
import { openCliHome, type CliHome } from '../support/cli/open-cli-home.ts';
import { jsonOf, runCli, type CliResult } from '../support/cli/run-cli.ts';

const opa = findOracle('opa');
const slowMs = 120_000;

describe('maestro policy', () => {
  const key = buildPolicyKey();
  const file = (name: string): string => home.file(name);
  let home: CliHome;

  const maestro = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> =>
    home.run(['policy', ...args], { env });

  beforeAll(async () => {
    home = await openCliHome();
    writeFileSync(file('key.pem'), key.privatePem);
    writeFileSync(file('key.pub.pem'), key.pem);
    writeFileSync(file('plain.tar.gz'), readFixture('freeze'));
    await home.done('tenants', 'set', 'local', '--policy-key', 'key.pub.pem');
  }, slowMs);
  afterAll(() => home.close(), slowMs);

  test('ls and show tell what judges, for people and for programs', async () => {
    expect(await maestro(['ls'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^PACK +VERSION[\s\S]*residency +1\./) });
    expect(jsonOf(await maestro(['ls', '--json']))).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ name: 'budget' })]),
    });
    const shown = await maestro(['show', 'residency']);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('denies residency.region_mismatch') });
    expect(shown.stdout).toMatch(/fix: .+\n[\s\S]*active +sha256:\w+… +SHA256:/);
    expect(await maestro(['show', 'residency', '--markdown'])).toMatchObject({
      stdout: expect.stringMatching(/^# Residency\n[\s\S]*## Examples/),
    });
    expect(await maestro(['show', 'nothing'])).toMatchObject({ code: 5, stdout: '', stderr: expect.stringContaining('maestro policy ls') });
  });

  test('show saves the bundle, byte for byte', async () => {
    expect(await maestro(['show', 'residency', '-o', 'residency.tar.gz'])).toMatchObject({ code: 0 });
    const pack = jsonOf(await maestro(['show', 'residency', '--json']));
    expect(pack).toMatchObject({ digest: digestBytes(readFileSync(file('residency.tar.gz'))) });
  });

  test('test tries a bundle on its examples without a home', async () => {
    const alone = { MC_DATA_DIR: file('nowhere') };
    const tested = await maestro(['test', 'plain.tar.gz'], alone);
    expect(tested).toMatchObject({ code: 0, stdout: expect.stringContaining('freeze@1.0.0: 5 cases') });
    expect(tested.stderr).toContain('✔ deny   A frozen workflow is denied');
    expect(jsonOf(await maestro(['test', 'plain.tar.gz', '--json'], alone))).toMatchObject({ name: 'freeze', cases: 5, warnings: [] });
  });

  test('test shows which example is judged differently, and exits with 4', async () => {
    const goldens = goldensOf({ workflow: { name: 'not-frozen' } }, ['freeze.workflow_frozen']);
    writeFileSync(file('wrong.tar.gz'), await withManifest(readFixture('freeze'), { metadata: { goldens } }));
    const tested = await maestro(['test', 'wrong.tar.gz']);
    expect(tested).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(/✘ deny[\s\S]*got +allow\n +allowed +deny freeze\.workflow_frozen/),
    });
    expect(jsonOf(await maestro(['test', 'wrong.tar.gz', '--json']))).toMatchObject({ error: { issues: [{ code: 'golden-failed' }] } });
  });

  test('test finds a file that was changed after the bundle was signed, and runs none of it', async () => {
    writeFileSync(file('altered.tar.gz'), await withFiles(await buildOwnPack(key), { 'data.json': '{"mc":{"freeze":{}}}' }));
    const tested = await maestro(['test', 'altered.tar.gz']);
    expect(tested).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('[file-changed at /data.json]') });
    expect(tested.stderr).not.toContain('✔');
  });

  test('test of a folder says what to install when there is no opa', async () => {
    const fixture = new URL('../fixtures/policy/freeze/', import.meta.url).pathname;
    const tested = await maestro(['test', fixture], { PATH: home.folder });
    expect(tested).toMatchObject({ code: 2, stderr: expect.stringMatching(/OPA, which was not found: install opa/) });
    expect(await maestro(['test', 'missing.tar.gz'])).toMatchObject({ code: 2, stderr: expect.stringContaining('missing.tar.gz') });
  });

  test('push signs a bundle with the key that is given; again it changes nothing, though its signature is another', async () => {
    const first = await maestro(['push', 'plain.tar.gz', '--signing-key', 'key.pem', '--json']);
    expect(first).toMatchObject({ code: 0 });
    expect(jsonOf(first)).toMatchObject({ name: 'freeze', version: '1.0.0', signature: { keyId: key.keyId } });
    const { digest, releaseId } = jsonOf(first) as { digest: string; releaseId: string }; // Its shape was asserted by the client.

    expect(jsonOf(await maestro(['push', 'plain.tar.gz', '--signing-key', 'key.pem', '--json']))).toMatchObject({ digest, releaseId });

    const other = await withManifest(readFixture('freeze'), { metadata: { title: 'Other' } });
    writeFileSync(file('other.tar.gz'), other);
    expect(await maestro(['push', 'other.tar.gz', '--signing-key', 'key.pem'])).toMatchObject({ code: 6 });
  });

  test('push of a signed bundle takes it as it is; an unsigned one and a wrong key are refused', async () => {
    writeFileSync(file('signed.tar.gz'), await buildOwnPack(key, '1.1.0'));
    expect(await maestro(['push', 'signed.tar.gz'])).toMatchObject({ code: 0, stdout: expect.stringContaining('pushed freeze@1.1.0') });
    expect(await maestro(['push', 'plain.tar.gz'])).toMatchObject({ code: 6 });
    expect(await maestro(['push', 'plain.tar.gz', '--signing-key', 'key.pem'])).toMatchObject({ code: 6, stdout: '' });
    writeFileSync(file('unsigned.tar.gz'), await withManifest(readFixture('freeze'), { metadata: { version: '1.2.0' } }));
    expect(await maestro(['push', 'unsigned.tar.gz'])).toMatchObject({ code: 4, stderr: expect.stringContaining('signature-missing') });
    expect(await maestro(['push', 'unsigned.tar.gz', '--signing-key', 'key.pub.pem'])).toMatchObject({ code: 2 });
    writeFileSync(file('text.tar.gz'), 'no bundle');
    expect(await maestro(['push', 'text.tar.gz', '--signing-key', 'key.pem'])).toMatchObject({ code: 4 });
  });

  (opa === undefined ? test.skip : test)(
    'a scaffolded pack passes its own tests with stock opa, is built, tried, signed and pushed, and judges (skipped without opa)',
    async () => {
      expect(await runCli(['new', 'policy', 'year_end'], { cwd: home.folder })).toMatchObject({ code: 0 });
      const cwd = home.file('year_end');
      const rego = ['policy.rego', 'policy_test.rego'];
      const run = (...args: string[]): string => execFileSync(opa ?? '', args, { cwd, encoding: 'utf8' });

      run('fmt', '--fail', '--diff', ...rego);
      run('check', '--strict', ...rego);
      expect(run('test', ...rego, 'data.json')).toContain('PASS: 6/6');
      expect(await maestro(['test', 'year_end'], { MC_OPA: opa ?? '' })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('year_end@1.0.0: 5 cases'),
      });
      const readme = readFileSync(join(cwd, 'README.md'), 'utf8');
      const build = /^opa (build [\s\S]*?-b \.)$/m.exec(readme)?.[1] ?? '';
      const args = build.replaceAll('\\\n', ' ').replaceAll("'", '').split(/\s+/);
      run(...args.map((arg) => (arg === 'key.pem' ? '../key.pem' : arg)));

      expect(await maestro(['push', 'year_end/bundle.tar.gz'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('pushed year_end@1.0.0'),
      });

      const workflow = 'name: year-end-close\nversion: 1.0.0\ntasks: [{ id: a, uses: "pkg:demo/echo@1.0.0" }]\n';
      writeFileSync(file('workflow.yaml'), workflow);
      const planned = await home.maestro('plan', 'workflow.yaml');
      expect(planned.code).toBe(3);
      expect(`${planned.stdout}${planned.stderr}`).toContain('year_end.workflow_frozen');
    },
    slowMs,
  );

  test('the fixture that the suites push is what maestro new policy writes', async () => {
    expect(await runCli(['new', 'policy', 'freeze'], { cwd: home.folder })).toMatchObject({ code: 0 });
    for (const name of ['policy.rego', 'data.json', '.manifest']) {
      const fixture = readFileSync(new URL(`../fixtures/policy/freeze/${name}`, import.meta.url), 'utf8');
      expect(fixture).toBe(readFileSync(home.file(`freeze/${name}`), 'utf8'));
    }
    for (const name of ['Year-End', 'residency'])
      expect(await runCli(['new', 'policy', name], { cwd: home.folder })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('allowed'),
      });
  });
});
