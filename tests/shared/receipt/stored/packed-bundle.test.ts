import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestBytes } from '../../../../shared/core/digest.ts';
import { packBundle, unpackBundle } from '../../../../shared/receipt/stored/packed-bundle.ts';
import { bundleOf } from '../../../../shared/receipt/sign/bundle-of.ts';

const keyId = 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU';

describe('a packed bundle', () => {
  test('is unpacked to the very bytes that its digest names, whatever was signed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.uint8Array({ minLength: 8, maxLength: 80 }), (payload, signature) => {
        const bundle = bundleOf(Buffer.from(payload), signature, keyId);
        const { digest, packed } = packBundle(bundle);
        const bytes = unpackBundle(packed);
        expect(bytes.toString('utf8')).toBe(JSON.stringify(bundle));
        expect(digest).toBe(digestBytes(bytes));
      }),
    );
  });

  test('takes less than half of the room where a statement repeats itself', () => {
    const statement = JSON.stringify(
      Array.from({ length: 20 }, () => ({ outputsDigest: randomBytes(32).toString('hex'), state: 'succeeded' })),
    );
    const bundle = bundleOf(Buffer.from(statement), randomBytes(70), keyId);
    expect(packBundle(bundle).packed.byteLength).toBeLessThan(JSON.stringify(bundle).length / 2);
  });

  test('is never made of a bundle with its log entry, which would be lost', () => {
    const fresh = bundleOf(Buffer.from('{}'), randomBytes(70), keyId);
    const entry = { logIndex: '1' } as never;
    const logged = { ...fresh, verificationMaterial: { ...fresh.verificationMaterial, tlogEntries: [entry] } };
    expect(() => packBundle(logged)).toThrow('only a fresh bundle');
  });

  test('is never made of what could not be unpacked again', () => {
    const large = bundleOf(Buffer.alloc(64 * 1024 * 1024), randomBytes(70), keyId);
    expect(() => packBundle(large)).toThrow(expect.objectContaining({ code: 'mc:store:refused' }));
  });

  test.each([
    ['bytes that are not deflated', Buffer.alloc(40, 0xff)],
    ['nothing', Buffer.alloc(0)],
    ['a deflated text without a key', deflateRawSync('text')],
    ['a deflated text without a signature', deflateRawSync('key\ntext')],
    ['what unpacks without end', deflateRawSync(Buffer.alloc(65 * 1024 * 1024))],
  ])('is none of %s', (_, bytes) => {
    expect(() => unpackBundle(bytes)).toThrow(expect.objectContaining({ code: 'mc:store:undecryptable' }));
  });
});
