import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestBytes } from '../../../shared/core/digest.ts';
import { SoftwareSigner } from '../../../shared/embedded/keys/software-signer.ts';
import type { Bundle } from '../../../shared/receipt/bundle.ts';
import { statementMediaType } from '../../../shared/receipt/media-types.ts';
import { preAuthEncoding } from '../../../shared/core/dsse.ts';
import { signStatement } from '../../support/receipt/sign-statement.ts';
import { maxSubjects, predicateTypes } from '../../../shared/receipt/statement.ts';
import { trustedRoot } from '../../../shared/receipt/trusted-root.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { artifact, buildStatement } from '../../support/build-statement.ts';
import { findOracle } from '../../support/find-oracle.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer = new SoftwareSigner(privateKey);
const other = new SoftwareSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const digest = digestBytes(artifact);

let good: Bundle;
let pem: string;
let folder: string;
beforeAll(async () => {
  good = await signStatement(signer, buildStatement());
  ({ pem } = await signer.publicKey());
  folder = mkdtempSync(join(tmpdir(), 'mc-verify-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const copy = (): Bundle => structuredClone(good);
const changed = (change: (bundle: Bundle) => void): unknown => {
  const bundle = copy();
  change(bundle);
  return bundle;
};

/** Signs any payload, also one that our own code would refuse to sign. */
function signedPayload(payload: unknown): unknown {
  const bytes = Buffer.from(JSON.stringify(payload));
  const sig = sign('sha256', preAuthEncoding(statementMediaType, bytes), { key: privateKey, dsaEncoding: 'der' });
  const envelope = { ...good.dsseEnvelope, payload: bytes.toString('base64') };
  return {
    ...copy(),
    dsseEnvelope: { ...envelope, signatures: [{ sig: sig.toString('base64'), keyid: good.dsseEnvelope.signatures[0]?.keyid }] },
  };
}

const flipByte = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64');
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  return bytes.toString('base64');
};

/** What must be refused, by us and by cosign alike (docs/adr/ADR-0002). */
const negatives: [string, () => unknown][] = [
  ['an unknown field in the statement', () => signedPayload({ ...buildStatement(), extra: 1 })],
  ['a statement without subjects', () => signedPayload({ ...buildStatement(), subject: [] })],
  [
    'one subject more than cosign reads',
    () => signedPayload({ ...buildStatement(), subject: Array.from({ length: maxSubjects + 1 }, () => buildStatement().subject[0]) }),
  ],
  ['a predicate that is text', () => signedPayload({ ...buildStatement(), predicate: 'text' })],
  ['an unknown field in the bundle', () => ({ ...copy(), extra: 1 })],
  ['a byte changed in the statement', () => changed((bundle) => (bundle.dsseEnvelope.payload = flipByte(bundle.dsseEnvelope.payload)))],
  [
    'a byte changed in the signature',
    () =>
      changed((bundle) => {
        const [signature] = bundle.dsseEnvelope.signatures;
        if (signature) signature.sig = flipByte(signature.sig);
      }),
  ],
  [
    'a wrong key id',
    () =>
      changed((bundle) => {
        const [signature] = bundle.dsseEnvelope.signatures;
        if (signature) signature.keyid = 'another';
        bundle.verificationMaterial.publicKey.hint = 'another';
      }),
  ],
];

describe('verification of a bundle', () => {
  test('what we sign verifies, and gives back the statement', () => {
    expect(verifyBundle(good, { pem, artifact: digest, predicateType: predicateTypes.run }).statement).toEqual(buildStatement());
  });

  test.each(negatives)('%s is refused', (_name, build) => {
    expect(() => verifyBundle(build(), { pem, artifact: digest })).toThrow(expect.objectContaining({ code: 'mc:receipt:invalid' }));
  });

  test('another key, another artifact and another predicate type are refused', async () => {
    const { pem: wrong } = await other.publicKey();
    const refused = expect.objectContaining({ code: 'mc:receipt:invalid' });
    expect(() => verifyBundle(good, { pem: wrong })).toThrow(refused);
    expect(() => verifyBundle(good, { pem, artifact: digestBytes('other') })).toThrow(refused);
    expect(() => verifyBundle(good, { pem, predicateType: predicateTypes.release })).toThrow(refused);
  });

  test('two signatures and none are refused', () => {
    const [signature] = good.dsseEnvelope.signatures;
    for (const signatures of [[], [signature, signature]]) {
      expect(() => verifyBundle({ ...copy(), dsseEnvelope: { ...good.dsseEnvelope, signatures } }, { pem })).toThrow(/well formed/);
    }
  });

  test('a signature over the bare payload, without its type, is refused', () => {
    const payload = Buffer.from(good.dsseEnvelope.payload, 'base64');
    const sig = sign('sha256', payload, { key: privateKey, dsaEncoding: 'der' }).toString('base64');
    const bundle = changed((value) => (value.dsseEnvelope.signatures = [{ sig, keyid: good.dsseEnvelope.signatures[0]?.keyid ?? '' }]));
    expect(() => verifyBundle(bundle, { pem })).toThrow(/signature does not fit/);
  });

  test('no change of one byte of a signed statement verifies', () => {
    const bytes = Buffer.from(good.dsseEnvelope.payload, 'base64');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const altered = Buffer.from(bytes);
        altered.writeUInt8(altered.readUInt8(at) ^ mask, at);
        const bundle = changed((value) => (value.dsseEnvelope.payload = altered.toString('base64')));
        expect(() => verifyBundle(bundle, { pem })).toThrow();
      }),
    );
  });

  test('any JSON that is no bundle is refused and never crashes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        expect(() => verifyBundle(value, { pem })).toThrow(expect.objectContaining({ code: 'mc:receipt:invalid' })),
      ),
    );
  });

  const hasSshKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
  (hasSshKeygen ? test : test.skip)(
    'the key id is the fingerprint that ssh-keygen prints (skipped where there is no ssh-keygen)',
    async () => {
      const path = join(folder, 'mc.pub');
      writeFileSync(path, pem);
      const openssh = execFileSync('ssh-keygen', ['-i', '-m', 'PKCS8', '-f', path], { encoding: 'utf8' });
      writeFileSync(join(folder, 'mc.ssh.pub'), openssh);
      const printed = execFileSync('ssh-keygen', ['-l', '-f', join(folder, 'mc.ssh.pub')], { encoding: 'utf8' });
      expect(printed).toContain((await signer.publicKey()).keyId);
    },
  );

  test("sigstore's own library accepts what we sign", async () => {
    const { keyId } = await signer.publicKey();
    const key = { rawBytes: Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256' as const };
    const material = toTrustMaterial(trustedRootForLibrary(), (hint) => {
      expect(hint).toBe(keyId);
      return { publicKey: publicKeyOf(key.rawBytes), validFor: () => true };
    });
    const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
    expect(() => verifier.verify(toSignedEntity(bundleFromJSON(good), Buffer.from(artifact)))).not.toThrow();
  });
});

type TrustedRoot = Parameters<typeof toTrustMaterial>[0];
type PublicKeyFinder = NonNullable<Parameters<typeof toTrustMaterial>[1]>;

function trustedRootForLibrary(): TrustedRoot {
  return { mediaType: '', tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] };
}

function publicKeyOf(
  der: Buffer,
): Extract<ReturnType<Extract<PublicKeyFinder, (hint: string) => unknown>>, { publicKey: unknown }>['publicKey'] {
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

const cosigns = (['cosign3', 'cosign2'] as const).flatMap((name) => {
  const path = findOracle(name);
  return path === undefined ? [] : [{ name, path }];
});

(cosigns.length > 0
  ? describe.each(cosigns)
  : describe.skip.each([{ name: 'cosign is not installed (node scripts/oracles.ts)', path: '' }]))('stock $name', ({ path }) => {
  const cosign = (bundle: unknown, content = artifact, key = pem): void => {
    writeFileSync(join(folder, 'mc.pub'), key);
    writeFileSync(join(folder, 'r.json'), JSON.stringify(bundle));
    writeFileSync(join(folder, 'artifact'), content);
    writeFileSync(join(folder, 'trusted_root.json'), JSON.stringify(trustedRoot()));
    const args = ['verify-blob-attestation', '--key', 'mc.pub', '--bundle', 'r.json', '--trusted-root', 'trusted_root.json'];
    execFileSync(path, [...args, '--type', predicateTypes.run, '--insecure-ignore-tlog=true', 'artifact'], { cwd: folder, stdio: 'pipe' });
  };

  test('accepts what we sign', () => {
    expect(() => cosign(good)).not.toThrow();
  });

  test.each(negatives)('refuses %s, as we do', (_name, build) => {
    expect(() => cosign(build())).toThrow();
  });

  test('refuses another artifact and another key', async () => {
    const { pem: wrong } = await other.publicKey();
    expect(() => cosign(good, 'other')).toThrow();
    expect(() => cosign(good, artifact, wrong)).toThrow();
  });
});
