import { createSecretKey } from 'node:crypto';
import { buildEncrypt } from '@aws-crypto/encrypt-node';
import { AlgorithmSuiteIdentifier, CommitmentPolicy } from '@aws-crypto/material-management-node';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node';
import { describe, expect, test } from '@jest/globals';
import { openFrames, sealFrames } from '../../../shared/encryption/framed-message.ts';

const bytes = Buffer.alloc(32, 7);
const about = { key: createSecretKey(bytes), keyName: 'a key', context: { tenant: 'acme' } };
const plain = Buffer.alloc(1024 * 1024, 'plain ');

/** As ours, but for its frames. */
async function sealInFramesOf(frameLength: number): Promise<Uint8Array> {
  const wrappingSuite = RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING;
  const keyring = new RawAesKeyringNode({
    keyName: about.keyName,
    keyNamespace: 'maestro-conductor',
    unencryptedMasterKey: new Uint8Array(bytes),
    wrappingSuite,
  });
  const { encrypt } = buildEncrypt(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;
  return (await encrypt(keyring, plain, { encryptionContext: about.context, suiteId, frameLength })).result;
}

describe('a message in frames', () => {
  test.each([64 * 1024, 64 * 1024 + 1, plain.length - 1, plain.length])(
    'of %d bytes opens to them, with no room to spare',
    async (size) => {
      const opened = await openFrames(await sealFrames(plain.subarray(0, size), about), about);
      expect(Buffer.from(opened).equals(plain.subarray(0, size))).toBe(true);
      expect(opened.buffer.byteLength).toBe(size);
    },
  );

  // Whoever has the key may write such a message; larger frames hold more than the room that frames of ours would need.
  test.each([16 * 1024, 256 * 1024])('of %d bytes each, which we never write, is refused', async (frameLength) => {
    const sealed = await sealInFramesOf(frameLength);
    await expect(openFrames(sealed, about)).rejects.toMatchObject({ code: 'mc:store:undecryptable' });
  });
});
