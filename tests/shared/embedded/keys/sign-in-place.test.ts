import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { headRoom, signInPlace } from '../../../../shared/embedded/keys/sign-in-place.ts';
import { SoftwareSigner } from '../../../../shared/embedded/keys/software-signer.ts';
import { Bundle } from '../../../../shared/receipt/bundle.ts';
import { checkSignature } from '../../../../shared/receipt/check-signature.ts';
import { payloadOf } from '../../../../shared/receipt/sign/payload-of.ts';
import { filedForm } from '../../../../shared/receipt/sign/filed-form.ts';
import { claimOf } from '../../../../shared/receipt/signature-claim.ts';
import { unpackBundle } from '../../../../shared/receipt/stored/packed-bundle.ts';
import { buildStatement } from '../../../support/build-statement.ts';

const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const trusted = await new SoftwareSigner(key).publicKey();
const other = await new SoftwareSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey).publicKey();

function lay(payload: string): { memory: Buffer; place: { start: number; end: number } } {
  const memory = Buffer.alloc(headRoom + Buffer.byteLength(payload) + 1, 0xff);
  const end = headRoom + memory.write(payload, headRoom);
  return { memory, place: { start: headRoom, end } };
}

describe('a statement that is signed where it lies', () => {
  test.each(['', 'é😀'.repeat(500), '\ud800'])('is filed as the bundle that it is: %j', (note) => {
    const payload = payloadOf(buildStatement({ predicate: { note: note.toWellFormed() } })).replace('}', `}${note}`);
    const { memory, place } = lay(payload);
    const signed = signInPlace(memory, place, { key, trusted });
    const bundle = Bundle.parse(JSON.parse(unpackBundle(signed?.packed ?? Buffer.of()).toString('utf8')));
    const claim = claimOf(bundle, trusted.pem);
    expect(claim.payload.equals(Buffer.from(payload))).toBe(true);
    expect(checkSignature(claim)).toBe(true);
    const { digest, entry, leaf } = filedForm(bundle, claim, trusted.pem);
    expect(signed).toMatchObject({ digest, entry, leaf });
    expect(memory.at(-1)).toBe(0xff);
  });

  test('is not filed when the trusted key does not hold its signature', () => {
    const { memory, place } = lay('{}');
    expect(signInPlace(memory, place, { key, trusted: other })).toBeUndefined();
  });

  test('is not filed under the id of another key', () => {
    const { memory, place } = lay('{}');
    const misnamed = { ...trusted, keyId: other.keyId };
    expect(() => signInPlace(memory, place, { key, trusted: misnamed })).toThrow(expect.objectContaining({ code: 'mc:receipt:invalid' }));
  });
});
