/** Verification by who signed, and the adapter for conformance suites, as processes on files of a running home. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SimulatedRunner } from '../../runner/simulated/simulated-runner.ts';
import { openCliHome, type CliHome } from '../support/cli/open-cli-home.ts';
import { jsonOf, type CliResult } from '../support/cli/run-cli.ts';

const manifest =
  'name: named\nversion: 1.0.0\ntasks: [{ id: a, uses: "pkg:demo/echo@1.0.0", with: { n: 1 } }]\noutputs: { n: "${{ tasks.a.outputs.n }}" }\n';
const uri = 'spiffe://mc.local/ns/prod/sa/mc-signer';
const issuer = 'https://maestro-conductor.dev/homes/embedded';
const signer = ['--certificate-identity', uri, '--certificate-oidc-issuer', issuer];
const root = ['--trusted-root', 'trusted_root.json'];
const byKey = ['--key', 'mc.pub', ...root];

function required(value: string | undefined): string {
  if (value === undefined) throw new Error('it is missing');
  return value;
}

/** A process for each command, on a machine that may be busy. */
const slowMs = 120_000;

describe('the signer of a receipt on the command line', () => {
  let home: CliHome;
  let [id, releaseId]: string[] = [];
  let saved: CliResult;

  const maestro = (...args: string[]): Promise<CliResult> => home.maestro(...args);
  const done = (...args: string[]): Promise<CliResult> => home.done(...args);
  const read = (file: string): string => readFileSync(home.file(file), 'utf8');

  beforeAll(async () => {
    home = await openCliHome({ runner: new SimulatedRunner() });
    writeFileSync(home.file('workflow.yaml'), manifest);
    ({ releaseId } = jsonOf(await done('publish', 'workflow.yaml', '--json')) as { releaseId: string }); // Its shape is asserted elsewhere.
    ({ id } = jsonOf(await done('run', 'named', '--wait', '--json')) as { id: string });
    saved = await done('receipt', required(id), '--identity', '-o', 'r.identity.json');
    await done('receipt', required(id), '-o', 'r.sigstore.json');
    await done('disclosure', required(id), '-o', 'run.disclosure.tgz');
    await done('receipt', required(releaseId), '-o', 'release.sigstore.json');
    await done('keys', 'export', '-o', 'mc.pub');
    await done('keys', 'export', '--trusted-root', '-o', 'trusted_root.json');
  }, slowMs);
  afterAll(() => home.close(), slowMs);

  test('a receipt in its identity form comes with the lines that verify it', () => {
    expect(saved.stdout).toContain(`maestro verify r.identity.json r.identity.outputs.json --certificate-identity ${uri}`);
    expect(saved.stdout).toMatch(
      /cosign verify-blob-attestation --certificate-identity \S+ --certificate-oidc-issuer \S+ .*--trusted-root/,
    );
    expect(saved.stdout).not.toMatch(/insecure|--key/);
  });

  test(
    'log prove finds the entry of the identity form, for who signed it and nobody else',
    async () => {
      const prove = ['log', 'prove', 'r.identity.json'];
      const [byName, byItsKey] = [
        await done(...prove, ...root, ...signer, '--json'),
        await done('log', 'prove', 'r.sigstore.json', '--json'),
      ];
      expect(jsonOf(byName)).toMatchObject({ proven: true, index: expect.any(Number) });
      expect(jsonOf(byName)).not.toMatchObject({ index: (jsonOf(byItsKey) as { index: number }).index }); // Its shape is asserted above.
      expect(await maestro(...prove, ...root, ...signer.with(1, `${uri}x`))).toMatchObject({ code: 4 });
      expect(await maestro(...prove, ...signer)).toMatchObject({ code: 2, stderr: expect.stringContaining('needs --trusted-root') });
      expect(await maestro(...prove, ...root)).toMatchObject({ code: 2, stderr: expect.stringContaining('is the identity form') });
      expect(await maestro('log', 'prove', 'r.sigstore.json', ...root, ...signer)).toMatchObject({ code: 4 });
    },
    slowMs,
  );

  test(
    'verify says who signed, and refuses somebody else, another issuer and a trusted root that names no authority',
    async () => {
      const args = ['verify', 'r.identity.json', 'r.outputs.json', ...root];
      expect(jsonOf(await done(...args, ...signer, '--json'))).toMatchObject({
        verified: true,
        identity: { uri, issuer },
        log: { isTrusted: true },
      });
      expect((await done(...args, ...signer)).stdout).toContain(`signer     ${uri}`);
      const bare = { ...(JSON.parse(read('trusted_root.json')) as object), certificateAuthorities: [] };
      writeFileSync(home.file('bare_root.json'), JSON.stringify(bare));
      const wrong = [
        [...args, '--certificate-identity', `${uri}2`, '--certificate-oidc-issuer', issuer],
        [...args, '--certificate-identity', uri, '--certificate-oidc-issuer', 'https://example.com'],
        ['verify', 'r.identity.json', 'r.outputs.json', '--trusted-root', 'bare_root.json', ...signer],
        ['verify', 'r.sigstore.json', 'r.outputs.json', ...root, ...signer],
      ];
      for (const each of wrong) expect([each, await maestro(...each)]).toEqual([each, expect.objectContaining({ code: 4 })]);
    },
    slowMs,
  );

  test(
    'half an identity, two signers and an identity without a trusted root are wrong questions',
    async () => {
      const wrong = [
        ['verify', 'r.identity.json', ...root, '--certificate-identity', uri],
        ['verify', 'r.identity.json', ...root, '--certificate-oidc-issuer', issuer],
        ['verify', 'r.identity.json', ...byKey, ...signer],
        ['verify', 'r.identity.json', ...signer],
        ['receipt', 'exec_x', '--identity', '--without-log'],
        ['up', '--trust-domain', 'Not a domain'],
      ];
      for (const each of wrong) expect([each, await maestro(...each)]).toEqual([each, expect.objectContaining({ code: 2 })]);
    },
    slowMs,
  );

  test(
    'verify-bundle answers with 0, 1 and 2, for a file and for a digest',
    async () => {
      const digest = `sha256:${createHash('sha256').update(read('r.outputs.json')).digest('hex')}`;
      const key = ['verify-bundle', '--bundle', 'r.sigstore.json', ...byKey];
      const identity = ['verify-bundle', '--bundle', 'r.identity.json', ...root, ...signer];
      writeFileSync(home.file('none.json'), '{}');
      writeFileSync(home.file('large.json'), ' '.repeat(9 * 1024 * 1024));
      const verdicts: [number, string[]][] = [
        [0, [...key, 'r.outputs.json']],
        [0, [...key, digest]],
        [0, [...identity, digest]],
        [1, [...key, 'workflow.yaml']],
        [1, [...identity, 'workflow.yaml']],
        [1, ['verify-bundle', '--bundle', 'none.json', ...byKey, digest]],
        [1, ['verify-bundle', '--bundle', 'large.json', ...byKey, digest]],
        [2, [...key, 'absent']],
        [2, [...key, 'sha256:ABC']],
        [2, ['verify-bundle', '--bundle', 'absent.json', ...byKey, digest]],
        [2, ['verify-bundle', '--bundle', 'r.sigstore.json', ...root, digest]],
        [2, [...key, ...signer, digest]],
      ];
      for (const [code, args] of verdicts) expect([args, await maestro(...args)]).toEqual([args, expect.objectContaining({ code })]);
      expect(jsonOf(await maestro(...key, 'workflow.yaml', '--json'))).toMatchObject({
        verified: false,
        error: { code: 'mc:receipt:invalid' },
      });
    },
    slowMs,
  );

  test(
    'a release and the manifest of a disclosure pack have both forms too',
    async () => {
      await done('verify', 'release.sigstore.json', ...byKey, '--require-log', '--type', 'https://in-toto.io/attestation/release/v0.1');
      const text = execFileSync('tar', ['-xzOf', 'run.disclosure.tgz', 'manifest.json'], { cwd: home.folder });
      writeFileSync(home.file('manifest.json'), text);
      const name = ['--name', `disclosure:${createHash('sha256').update(text).digest('hex')}`];
      const kinds: [string, string, string[]][] = [
        [required(releaseId), 'release', []],
        [required(id), 'manifest', name],
      ];
      for (const [of, file, more] of kinds) {
        await done('receipt', of, ...more, '-o', `${file}.sigstore.json`);
        await done('verify', `${file}.sigstore.json`, ...byKey, '--require-log');
        await done('receipt', of, ...more, '--identity', '-o', `${file}.identity.json`);
        await done('verify', `${file}.identity.json`, ...root, ...signer);
      }
      await done('verify-bundle', '--bundle', 'manifest.identity.json', ...root, ...signer, 'manifest.json');
      for (const args of [
        ['rel_01K9AAAAAAAAAAAAAAAAAAAAAA'],
        [required(id), '--name', `disclosure:${'0'.repeat(64)}`],
        [required(id), '--name', 'x'],
      ])
        expect(await maestro('receipt', ...args)).toMatchObject({ code: 5 });
    },
    slowMs,
  );
});
