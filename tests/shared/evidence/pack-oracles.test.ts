/** What a reader does with a pack who has none of our programs: tar and cosign. And a pack of a run with everything a run can have. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import { verifyPack, type PackReport } from '../../../shared/evidence/verify/verify-pack.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { buildEgressRow, buildEgressTrace } from '../../support/build-egress-trace.ts';
import { collectBytes, inMemory } from '../../support/evidence/pack-bytes.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';

const manifest = `name: full
version: 1.0.0
dataClass: internal
tasks:
  - { id: call, uses: 'pkg:demo/echo@1.0.0', egress: { allow: [{ host: api.example.com, ports: [443] }] }, compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: fail, uses: 'pkg:demo/echo@1.0.0', needs: [call], retries: 1 }
`;

let engine: Engine;
let folder: string;
let report: PackReport;

beforeAll(async () => {
  engine = await openEngine();
  folder = mkdtempSync(join(tmpdir(), 'mc-oracle-'));
  engine.simulate((spec) => {
    const log = [{ at: 1_760_000_000_000, stream: 'stdout' as const, text: `attempt ${spec.attempt}` }];
    if (spec.taskId === 'fail') return { ...failing('no luck', true), log };
    const egress = buildEgressTrace([
      buildEgressRow({ host: 'api.example.com', verdict: 'allowed', reason: 'listed', count: 2, bytes: 4_000 }),
    ]);
    return { result: { kind: 'succeeded', outputs: {}, usage: { wallMs: 1 } }, log, egress };
  });
  await engine.publish(manifest);
  const { id } = await engine.finish((await engine.start({ workflow: 'full' })).id);
  const { deps } = engine.home;
  const pack = await collectBytes((await openDisclosure(deps, engine.actor, { id })).chunks);
  report = await verifyPack(inMemory(pack), { pems: [(await deps.signer.publicKey()).pem] });
  writeFileSync(join(folder, 'p.tgz'), pack);
  execFileSync('tar', ['-xzf', 'p.tgz'], { cwd: folder });
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engine.close();
});

describe('the pack of a run that failed, called out, was tried again and undone', () => {
  test('has every log, every decision and the trace of its calls', () => {
    const paths = report.manifest.files.map(({ path }) => path);
    expect(paths.filter((path) => path.startsWith('logs/'))).toEqual([
      'logs/call/1.ndjson',
      'logs/call/compensation/1.ndjson',
      'logs/fail/1.ndjson',
      'logs/fail/2.ndjson',
    ]);
    expect(paths).toEqual(expect.arrayContaining(['egress.sigstore.json', 'decisions/call/1.json', 'decisions/fail/2.json']));
    expect(report.facts.state).toBe('failed');
  });

  test('says in its README what is in it and how to check it', () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(readme).toContain(report.facts.executionId);
    expect(readme).toContain(`--type ${predicateTypes.run}`);
    expect(readme).toContain('`internal`');
  });
});

const hasJq = spawnSync('jq', ['--version']).status === 0;

describe('sha256sum', () => {
  (hasJq ? test : test.skip)('finds every file as the manifest names it, by the command in the README', () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    const command = /^ {4}(jq .*)$/m.exec(readme)?.[1] ?? 'false';
    const checked = execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
    expect(checked.trim().split('\n')).toEqual(report.manifest.files.map(({ path }) => `${path}: OK`));
    writeFileSync(join(folder, 'provenance.json'), 'changed');
    expect(() => execFileSync('sh', ['-c', command], { cwd: folder, stdio: 'pipe' })).toThrow();
  });
});

const cosign = findOracle('cosign3');

describe('stock cosign', () => {
  const verify = (bundle: string, type: string, artifact = '--check-claims=false'): void => {
    const args = [
      'verify-blob-attestation',
      '--key',
      'mc.pub',
      '--bundle',
      bundle,
      '--trusted-root',
      'trusted_root.json',
      '--type',
      type,
      artifact,
    ];
    execFileSync(cosign ?? '', args, { cwd: folder, stdio: 'pipe', env: { PATH: process.env['PATH'], HOME: folder } });
  };

  (cosign ? test : test.skip)('verifies every signed file of a pack with what is in the pack, without an insecure flag', () => {
    verify('receipt.sigstore.json', predicateTypes.run);
    verify('decisions/start.sigstore.json', predicateTypes.decision);
    verify('egress.sigstore.json', predicateTypes.egress);
    verify('manifest.sigstore.json', predicateTypes.disclosure, 'manifest.json');
  });

  (cosign ? test : test.skip)('refuses another manifest than the one that was signed', () => {
    expect(() => verify('manifest.sigstore.json', predicateTypes.disclosure, 'README.md')).toThrow();
  });
});
