/** Receipts of every released version, as that version made them. What somebody keeps must verify for ever; see the README beside them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { canonicalJson } from '../../../shared/core/json/canonical-json.ts';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { merkleRoot } from '../../../shared/core/merkle.ts';
import { parseManifest } from '../../../shared/manifest/parse-manifest.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { predicateTypes, type Statement } from '../../../shared/receipt/statement.ts';
import { trustedLogs } from '../../../shared/receipt/trusted-logs.ts';
import { trustedRoot } from '../../../shared/receipt/trusted-root.ts';
import { withoutLogEntry } from '../../../shared/receipt/without-log-entry.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { flipped } from '../../support/identity/key-cases.ts';

const root = fileURLToPath(new URL('../../golden/receipts/', import.meta.url));
const bundleEnding = '.sigstore.json';

interface Golden {
  folder: string;
  run: string;
  bundle: unknown;
  outputs: string;
  manifest: string;
  pem: string;
  /** What names the log; versions before 0.3 had none. */
  trustedRoot: unknown;
}

const goldens = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(root, name)).flatMap((file) => (file.endsWith(bundleEnding) ? [[name, file] as const] : [])))
  .map(([version, file]): [string, Golden] => {
    const folder = join(root, version);
    const run = file.slice(0, -bundleEnding.length);
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const texts = { outputs: read(`${run}.outputs.json`), manifest: read(`${run}.manifest.json`), pem: read('mc.pub') };
    const trustedRoot: unknown = existsSync(join(folder, 'trusted_root.json')) ? JSON.parse(read('trusted_root.json')) : undefined;
    return [`${version}/${run}`, { folder, run, bundle: JSON.parse(read(file)), trustedRoot, ...texts }];
  });

/** The parts that every version has had, whatever it added. */
const Predicate = z.looseObject({
  buildDefinition: z.looseObject({
    externalParameters: z.looseObject({ workflow: z.looseObject({ digest: z.string() }) }),
    resolvedDependencies: z.array(z.looseObject({ name: z.string().optional(), digest: z.looseObject({ sha256: z.string() }) })),
  }),
  mc_receipt: z.looseObject({
    state: z.string(),
    steps: z.looseObject({ root: z.string(), entries: z.array(z.record(z.string(), z.json())) }),
  }),
});

function verified({ bundle, outputs, pem }: Golden): Statement {
  return verifyBundle(bundle, { pem, artifact: digestBytes(outputs), predicateType: predicateTypes.run }).statement;
}

test('there is a receipt of a run that succeeded and of one that failed', () => {
  const states = goldens.map(([, golden]) => Predicate.parse(verified(golden).predicate).mc_receipt.state);
  expect(new Set(states)).toEqual(new Set(['succeeded', 'failed']));
});

describe.each(goldens)('%s', (_name, golden) => {
  test('verifies with its key, and speaks of its outputs document first', () => {
    const { subject } = verified(golden);
    expect(subject[0]).toEqual({ name: 'outputs.json', digest: { sha256: hexOf(digestBytes(golden.outputs)) } });
    expect(canonicalJson(JSON.parse(golden.outputs))).toBe(golden.outputs);
  });

  test('stands in the log that its version named, and in none where it named none', () => {
    const { bundle, pem, trustedRoot: named } = golden;
    const log = verifyBundle(bundle, { pem, logs: named === undefined ? [] : trustedLogs(named) }).log;
    expect(log?.isTrusted ?? null).toBe(named === undefined ? null : true);
    if (named === undefined) expect(() => verifyBundle(bundle, { pem, requireLog: true })).toThrow('no transparency log');
  });

  test('has the Merkle root of its steps, and every step counts', () => {
    const { root: claimed, entries } = Predicate.parse(verified(golden).predicate).mc_receipt.steps;
    const leaves = entries.map((entry) => canonicalJson(entry));
    expect(merkleRoot(leaves)).toBe(claimed);
    for (const index of leaves.keys()) expect(merkleRoot(leaves.toSpliced(index, 1))).not.toBe(claimed);
    expect(merkleRoot(leaves.toReversed())).not.toBe(claimed);
  });

  test('names its manifest by the digest of the canonical text, which is still a valid manifest', () => {
    const { externalParameters, resolvedDependencies } = Predicate.parse(verified(golden).predicate).buildDefinition;
    const digest = digestBytes(golden.manifest);
    expect(externalParameters.workflow.digest).toBe(digest);
    expect(resolvedDependencies[0]).toMatchObject({ name: 'manifest', digest: { sha256: hexOf(digest) } });
    expect(parseManifest(golden.manifest, 'application/json').digest).toBe(digest);
  });

  test('does not verify with one byte changed in statement, signature or outputs', () => {
    const [statement, signature] = [Bundle.parse(golden.bundle), Bundle.parse(golden.bundle)];
    statement.dsseEnvelope.payload = flipped(statement.dsseEnvelope.payload);
    for (const entry of signature.dsseEnvelope.signatures) entry.sig = flipped(entry.sig);
    for (const change of [{ bundle: statement }, { bundle: signature }, { outputs: `${golden.outputs} ` }])
      expect(() => verified({ ...golden, ...change })).toThrow(expect.objectContaining({ code: 'mc:receipt:invalid' }));
  });
});

const cosigns = (['cosign3', 'cosign2'] as const).map((name) => ({ name, path: findOracle(name) }));
const scratch = mkdtempSync(join(tmpdir(), 'mc-golden-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(cosigns)('stock $name', ({ name, path }) => {
  const withCosign = path === undefined ? test.skip : test;
  withCosign.each(goldens)(
    `accepts %s${path === undefined ? ` (skipped: no ${name}, see node scripts/oracles.ts)` : ''}`,
    (_name, golden) => {
      // cosign 2 does not know log entries; without one, or without a log that is named, cosign has to be told not to look.
      const isLogChecked = golden.trustedRoot !== undefined && name === 'cosign3';
      const roots = join(scratch, 'trusted_root.json');
      writeFileSync(roots, JSON.stringify(golden.trustedRoot ?? trustedRoot()));
      const bundle = join(scratch, 'bundle.json');
      writeFileSync(
        bundle,
        JSON.stringify(golden.trustedRoot === undefined || isLogChecked ? golden.bundle : withoutLogEntry(Bundle.parse(golden.bundle))),
      );
      const files = ['--key', 'mc.pub', '--bundle', bundle, '--trusted-root', roots];
      const flags = isLogChecked ? [] : ['--insecure-ignore-tlog=true'];
      const args = ['verify-blob-attestation', ...files, '--type', predicateTypes.run, ...flags];
      const cosign = (artifact: string): string =>
        execFileSync(path ?? '', [...args, artifact], { cwd: golden.folder, encoding: 'utf8', stdio: 'pipe' });
      expect(() => cosign(`${golden.run}.outputs.json`)).not.toThrow();
      expect(() => cosign(`${golden.run}.manifest.json`)).toThrow();
    },
  );
});
