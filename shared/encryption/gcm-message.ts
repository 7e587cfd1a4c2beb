/** One AES-256-GCM message: 12 bytes of random nonce, ciphertext, 16 bytes of tag. A few microseconds for a few kilobytes. */
import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto';
import { McError } from '../core/errors.ts';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
const tagLength = { authTagLength: tagBytes };
const noHeader = new Uint8Array();

/** Asking the system for twelve bytes takes half as long as sealing a small message, so it is asked for many nonces at once; each is given out once. */
const nonces = Buffer.alloc(512 * nonceBytes);
let nonceAt = nonces.byteLength;

/** A view that holds until the next one is asked for. */
function nextNonce(): Buffer {
  if (nonceAt === nonces.byteLength) {
    randomFillSync(nonces);
    nonceAt = 0;
  }
  nonceAt += nonceBytes;
  return nonces.subarray(nonceAt - nonceBytes, nonceAt);
}

/** Seals bytes together with what has to be the same when they are opened; the message stands behind the header, which is in the open. */
export function sealGcm(key: KeyObject, plain: Uint8Array, associated: Uint8Array, header: Uint8Array = noHeader): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv(algorithm, key, nonce, tagLength);
  cipher.setAAD(associated);
  const body = cipher.update(plain);
  cipher.final(); // Gives no bytes in this mode.
  return Buffer.concat([header, nonce, body, cipher.getAuthTag()]);
}

/** The bytes that were sealed; throws `mc:store:undecryptable` when key, message or associated bytes are not those of the sealing. */
export function openGcm(key: KeyObject, sealed: Uint8Array, associated: Uint8Array): Buffer {
  // A shorter tag would be easier to forge, so nothing here takes its length from the message.
  const end = sealed.byteLength - tagBytes;
  try {
    const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), tagLength);
    decipher.setAAD(associated);
    decipher.setAuthTag(sealed.subarray(end));
    const body = decipher.update(sealed.subarray(nonceBytes, end));
    decipher.final();
    return body;
  } catch (cause) {
    throw new McError('mc:store:undecryptable', 'the stored bytes were changed, or belong to another tenant, purpose or key', { cause });
  }
}
