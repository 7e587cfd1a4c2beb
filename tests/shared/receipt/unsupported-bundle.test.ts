import { describe, expect, test } from '@jest/globals';
import { bundleMediaType } from '../../../shared/receipt/media-types.ts';
import { unsupportedBundle } from '../../../shared/receipt/unsupported-bundle.ts';

const entry = (kind: string, version: string): unknown => ({
  mediaType: bundleMediaType,
  verificationMaterial: { certificate: { rawBytes: 'AAAA' }, tlogEntries: [{ kindVersion: { kind, version } }] },
});

describe('a bundle of another form than ours is refused with what it is', () => {
  test.each([
    ['an older form', { mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1' }, 'older form'],
    ['a signed file', { mediaType: bundleMediaType, messageSignature: { signature: 'AAAA' } }, 'messageSignature'],
    ['a chain of certificates', { verificationMaterial: { x509CertificateChain: { certificates: [] } } }, 'chain of certificates'],
    ['an entry of Rekor v1', entry('dsse', '0.0.1'), 'public instance of sigstore'],
    ['an entry of an older version', entry('hashedrekord', '0.0.1'), 'hashedrekord 0.0.1'],
    ['an entry of a newer kind', entry('dsse', '0.0.2'), 'dsse 0.0.2'],
  ])('%s', (_what, bundle, reason) => {
    expect(unsupportedBundle(bundle)).toContain(reason);
  });

  test.each([
    ['our form', entry('hashedrekord', '0.0.2')],
    ['no bundle', []],
    ['nothing', null],
    ['an entry without a kind', { verificationMaterial: { tlogEntries: [{}] } }],
  ])('%s is left to the verification', (_what, bundle) => {
    expect(unsupportedBundle(bundle)).toBeUndefined();
  });
});
