/** Whatever somebody does to the bytes of a certificate, a timestamp or a proof, the bundle does not verify, and the verifier does not break. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hasCode } from '../../../shared/core/errors.ts';
import { homeTrustedRoot } from '../../../shared/identity/home-trusted-root.ts';
import { signerIdentity } from '../../../shared/identity/signer-identity.ts';
import { trustedAuthorities } from '../../../shared/identity/trusted-authorities.ts';
import { verifyIdentityBundle, type VerifyIdentityOptions } from '../../../shared/identity/verify-identity-bundle.ts';
import type { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import { trustedLogs } from '../../../shared/receipt/trusted-logs.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { forgeIdentity } from '../../support/identity/forge.ts';

let home: TestHome;
let good: IdentityBundle;
let options: VerifyIdentityOptions;
beforeAll(async () => {
  home = buildDeps();
  good = await forgeIdentity(home.deps);
  const root = await homeTrustedRoot(home.deps);
  options = { identity: signerIdentity(home.deps.config), authorities: trustedAuthorities(root), logs: trustedLogs(root) };
});
afterAll(() => home.close());

const parts: [string, (bundle: IdentityBundle, change: (base64: string) => string) => void][] = [
  ['the certificate', ({ verificationMaterial: { certificate: c } }, change) => void (c.rawBytes = change(c.rawBytes))],
  [
    'the timestamp',
    ({ verificationMaterial: { timestampVerificationData: t } }, change) => {
      for (const each of t.rfc3161Timestamps) each.signedTimestamp = change(each.signedTimestamp);
    },
  ],
  ['the statement', ({ dsseEnvelope: e }, change) => void (e.payload = change(e.payload))],
  [
    'the log entry',
    ({ verificationMaterial: { tlogEntries } }, change) => {
      for (const each of tlogEntries) each.canonicalizedBody = change(each.canonicalizedBody);
    },
  ],
];

function isRefused(change: (bundle: IdentityBundle) => void): boolean {
  const bundle = structuredClone(good);
  change(bundle);
  try {
    verifyIdentityBundle(bundle, options);
    return false;
  } catch (error) {
    if (hasCode(error, 'mc:receipt:invalid')) return true;
    throw error;
  }
}

const edit = (base64: string, change: (bytes: Buffer) => Buffer): string => change(Buffer.from(base64, 'base64')).toString('base64');

test('what was not changed verifies', () => {
  expect(isRefused(() => undefined)).toBe(false);
});

test.each(parts)('no change of one bit of %s verifies', (_what, apply) => {
  const refusedAt = (at: number, mask: number): boolean =>
    isRefused((bundle) =>
      apply(bundle, (text) =>
        edit(text, (bytes) => {
          const place = at % bytes.byteLength;
          bytes.writeUInt8(bytes.readUInt8(place) ^ mask, place);
          return bytes;
        }),
      ),
    );
  fc.assert(
    fc.property(fc.nat(2_000), fc.constantFrom(1, 2, 4, 8, 16, 32, 64, 128), (at, mask) => expect(refusedAt(at, mask)).toBe(true)),
    { numRuns: 150 },
  );
});

test.each(parts)('nothing cut from, or put behind, %s verifies', (_what, apply) => {
  fc.assert(
    fc.property(fc.nat(400), fc.uint8Array({ minLength: 1, maxLength: 40 }), (keep, more) => {
      expect(isRefused((bundle) => apply(bundle, (text) => edit(text, (bytes) => bytes.subarray(0, keep % bytes.byteLength))))).toBe(true);
      expect(isRefused((bundle) => apply(bundle, (text) => edit(text, (bytes) => Buffer.concat([bytes, more]))))).toBe(true);
    }),
    { numRuns: 25 },
  );
});
