/** The identity form of what a home signed: who signed is told by a certificate, offline and for ever, and stock cosign agrees without an insecure flag. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { SoftwareSigner } from '../../../shared/embedded/keys/software-signer.ts';
import { homeTrustedRoot } from '../../../shared/identity/home-trusted-root.ts';
import { identityForm } from '../../../shared/identity/identity-form.ts';
import { signerIdentity, type SignerIdentity } from '../../../shared/identity/signer-identity.ts';
import { trustedAuthorities } from '../../../shared/identity/trusted-authorities.ts';
import { verifyIdentityBundle } from '../../../shared/identity/verify-identity-bundle.ts';
import { firstSignerKeyOp } from '../../../shared/keys/signer-keys.ts';
import { monitorLog } from '../../../shared/log-monitor/monitor-log.ts';
import type { Key } from '../../../shared/port/table.ts';
import type { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import { signOnce } from '../../../shared/receipt/sign/sign-once.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { trustedLogs } from '../../../shared/receipt/trusted-logs.ts';
import { newAuthorityKeys } from '../../support/identity/authority-keys.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { artifact, buildStatement } from '../../support/build-statement.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { askCosign } from '../../support/log/cosign.ts';

const { tenant } = buildActor();
const minuteMs = 60_000;
const refused = expect.objectContaining({ code: 'mc:receipt:invalid' });

let home: TestHome;
let root: Record<string, unknown>;
let identity: SignerIdentity;
let good: IdentityBundle;

const rowKey = (name: string): Key => ({ pk: `T#${tenant}#S`, sk: name });

/** Files a statement as every use case does. */
async function sign(name: string): Promise<Key> {
  await signOnce(home.deps, tenant, rowKey(name), { build: () => buildStatement({ predicate: { name } }) });
  return rowKey(name);
}

beforeAll(async () => {
  home = buildDeps();
  root = await homeTrustedRoot(home.deps);
  identity = signerIdentity(home.deps.config);
  good = await identityForm(home.deps, tenant, await sign('good'));
});
afterAll(() => home.close());

const verify = (bundle: unknown, change: { identity?: SignerIdentity; root?: unknown } = {}): ReturnType<typeof verifyIdentityBundle> =>
  verifyIdentityBundle(bundle, {
    identity: change.identity ?? identity,
    authorities: trustedAuthorities(change.root ?? root),
    logs: trustedLogs(change.root ?? root),
    artifact: digestBytes(artifact),
    predicateType: predicateTypes.run,
  });

describe('in a home that was founded while its clock', () => {
  const now = Date.UTC(2026, 0, 15, 12);
  test.each([
    ['was ahead', Date.UTC(2031, 0, 1)],
    ['was behind, as after the start of a machine that does not keep its time', Date.UTC(1970, 0, 1, 0, 3)],
  ])('%s, statements of before and after it is right say who signed', async (_which, foundedAt) => {
    const other = buildDeps();
    const [before, after] = [rowKey('before'), rowKey('after')];
    for (const key of [before, after])
      await signOnce(other.deps, tenant, key, { build: () => buildStatement({ predicate: { name: key.sk } }) });
    other.clock.advance(foundedAt - other.clock.now());
    const forms = [await identityForm(other.deps, tenant, before)];
    other.clock.advance(now - foundedAt);
    forms.push(await identityForm(other.deps, tenant, after));
    const trusted = await homeTrustedRoot(other.deps);
    expect(forms.map((form) => verify(form, { root: trusted }).stampedAt)).toEqual([foundedAt, now]);
    other.clock.advance(29 * 365 * 24 * 60 * minuteMs);
    expect(verify(await identityForm(other.deps, tenant, after), { root: trusted })).toMatchObject({ stampedAt: now });
    other.close();
  });
});

test('says who signed, when that was there, and where it is logged', () => {
  const { identity: by, stampedAt, certificate, log } = verify(good);
  expect(by).toEqual({ uri: 'spiffe://mc.local/ns/prod/sa/mc-signer', issuer: 'https://maestro-conductor.dev/homes/test' });
  expect(log).toMatchObject({ isTrusted: true, index: 1 });
  expect(stampedAt).toBeLessThanOrEqual(home.clock.now());
  expect(certificate.validToDate.getTime() - certificate.validFromDate.getTime()).toBe(30 * minuteMs);
  expect(certificate.validFromDate.getTime()).toBeLessThanOrEqual(stampedAt);
});

test('is made once: later, and for many at the same time, it has the same bytes and one entry in the log', async () => {
  const key = await sign('often');
  const all = await Promise.all(Array.from({ length: 8 }, () => identityForm(home.deps, tenant, key)));
  home.clock.advance(90 * minuteMs);
  all.push(await identityForm(home.deps, tenant, key));
  expect(new Set(all.map((each) => JSON.stringify(each))).size).toBe(1);
  const { size, differences } = await monitorLog(home.deps);
  expect({ size, differences }).toEqual({ size: 4, differences: [] });
});

test('is verified long after its certificate ended', async () => {
  const { certificate } = verify(good);
  expect(certificate.validToDate.getTime()).toBeLessThan(home.clock.now());
});

test('needs a statement that the home filed', async () => {
  await expect(identityForm(home.deps, tenant, rowKey('nothing'))).rejects.toThrow(refused);
});

test('names the key that signed, also when another one signs now, and none that the home never had', async () => {
  const { deps } = home;
  const key = await sign('before the rotation');
  const former = await deps.signer.publicKey();
  const rotated = { ...deps, signer: new SoftwareSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey) };
  await expect(identityForm(rotated, tenant, key)).rejects.toThrow(refused);
  await deps.table.write([firstSignerKeyOp({ ...former, handle: 'former' }, deps.clock.now())]);
  expect(verify(await identityForm(rotated, tenant, key)).keyId).toBe(former.keyId);
});

test('is not filed for a statement that goes while it is made', async () => {
  const key = await sign('going');
  const { certificates } = home.deps.authority;
  const authority = {
    ...home.deps.authority,
    certificates: {
      publicKey: () => certificates.publicKey(),
      sign: async (message: Uint8Array) => {
        await home.table.write([{ kind: 'delete', key }]);
        return certificates.sign(message);
      },
    },
  };
  await expect(identityForm({ ...home.deps, authority }, tenant, key)).rejects.toThrow(refused);
  expect(await home.table.get({ pk: key.pk, sk: `${key.sk}#IDENTITY` })).toBeUndefined();
});

test('is not made with keys that the trusted root does not name', async () => {
  const key = await sign('another authority');
  for (const role of ['certificates', 'promises'] as const) {
    const authority = { ...home.deps.authority, [role]: newAuthorityKeys()[role] };
    await expect(identityForm({ ...home.deps, authority }, tenant, key)).rejects.toMatchObject({ code: 'mc:key:unreadable' });
  }
  const authority = { ...home.deps.authority, timestamps: newAuthorityKeys().timestamps };
  await expect(identityForm({ ...home.deps, authority }, tenant, key)).rejects.toThrow(refused);
});

test('has a trust domain that the home may name', async () => {
  const other = buildDeps();
  const deps = { ...other.deps, config: { ...other.deps.config, trustDomain: 'prod.example.com' } };
  await signOnce(deps, tenant, rowKey('x'), { build: () => buildStatement() });
  const bundle = await identityForm(deps, tenant, rowKey('x'));
  const certificate = new X509Certificate(Buffer.from(bundle.verificationMaterial.certificate.rawBytes, 'base64'));
  expect(certificate.subjectAltName).toBe('URI:spiffe://prod.example.com/ns/prod/sa/mc-signer');
  other.close();
});

describe('the trusted root', () => {
  test('is the same for callers at the same time, and ever after', async () => {
    const other = buildDeps();
    const roots = await Promise.all(Array.from({ length: 4 }, () => homeTrustedRoot(other.deps)));
    other.clock.advance(minuteMs);
    roots.push(await homeTrustedRoot(other.deps));
    expect(new Set(roots.map((each) => JSON.stringify(each))).size).toBe(1);
    other.close();
  });
});

describe('openssl', () => {
  test('accepts certificate and timestamp', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mc-openssl-'));
    const { certificate, timestampVerificationData } = good.verificationMaterial;
    const file = (name: string, base64: string): string => {
      writeFileSync(join(folder, name), Buffer.from(base64, 'base64'));
      return join(folder, name);
    };
    const [authority] = trustedAuthorities(root).certificates;
    writeFileSync(join(folder, 'ca.pem'), authority?.chain.at(-1)?.toString() ?? '');
    writeFileSync(join(folder, 'leaf.pem'), new X509Certificate(Buffer.from(certificate.rawBytes, 'base64')).toString());
    const at = String(Math.floor(verify(good).stampedAt / 1_000));
    const run = (...args: string[]): string => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe', encoding: 'utf8' });
    expect(run('verify', '-CAfile', 'ca.pem', '-attime', at, '-x509_strict', 'leaf.pem')).toContain('OK');
    const signature = file('signature', good.dsseEnvelope.signatures[0]?.sig ?? '');
    const stamp = file('stamp.tsr', timestampVerificationData.rfc3161Timestamps[0]?.signedTimestamp ?? '');
    expect(() => run('ts', '-verify', '-data', signature, '-in', stamp, '-CAfile', 'ca.pem', '-attime', at)).not.toThrow();
    writeFileSync(join(folder, 'other'), 'other');
    expect(() => run('ts', '-verify', '-data', 'other', '-in', stamp, '-CAfile', 'ca.pem', '-attime', at)).toThrow();
    rmSync(folder, { recursive: true, force: true });
  });
});

const cosign3 = findOracle('cosign3');
(cosign3 === undefined ? describe.skip : describe)('stock cosign 3, with an identity and no insecure flag', () => {
  const ask = (bundle: unknown, by = identity): string =>
    askCosign(cosign3 ?? '', { bundle, identity: by, artifact, predicateType: predicateTypes.run, trustedRoot: root });

  test('accepts it, whose certificate ended long ago, and not for somebody else', () => {
    expect(ask(good)).toBe('ok');
    expect(ask(good, { ...identity, uri: `${identity.uri}2` })).toContain('Error');
    expect(ask(good, { ...identity, issuer: 'https://example.com' })).toContain('Error');
  });
});
