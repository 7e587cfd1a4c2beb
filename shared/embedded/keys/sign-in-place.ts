/** Signs a statement in the memory that it lies in: what is signed, checked and packed are the same bytes, each time behind another head. So nothing large is copied. */
import { sign, type KeyObject } from 'node:crypto';
import { preAuthHead } from '../../core/dsse.ts';
import { digestBytes } from '../../core/digest.ts';
import { leafHash } from '../../core/merkle-hash.ts';
import { signedEntry } from '../../log/log-entry.ts';
import type { PublicKey, SignedStatement } from '../../port/keys/signer.ts';
import { checkSignature } from '../../receipt/check-signature.ts';
import { statementMediaType } from '../../receipt/media-types.ts';
import { bundleText } from '../../receipt/sign/bundle-of.ts';
import { namedKey } from '../../receipt/signature-claim.ts';
import { packedHead, packWhole } from '../../receipt/stored/packed-bundle.ts';

/** Bytes before a payload, for the longer of its heads: that of a packed bundle has 148. */
export const headRoom = 256;

/**
 * What is filed of the payload that lies there, whose signature was checked with the trusted key; undefined when it does not hold. `headRoom` bytes before the payload are
 * written over. Throws `mc:receipt:invalid` when the key id is not that of the trusted key.
 */
export function signInPlace(
  memory: Buffer,
  { start, end }: { start: number; end: number },
  { key, trusted: { keyId, pem } }: { key: KeyObject; trusted: PublicKey },
): Omit<SignedStatement, 'pem'> | undefined {
  const behind = (head: string): Buffer => {
    const from = start - head.length;
    memory.write(head, from, 'latin1');
    return memory.subarray(from, end);
  };
  const message = behind(preAuthHead(statementMediaType, end - start));
  const signature = sign('sha256', message, key).toString('base64');
  // Of the signature as it is filed, not of what it was made of.
  const claim = { message, signature: Buffer.from(signature, 'base64'), key: namedKey(pem, keyId) };
  if (!checkSignature(claim)) return undefined;
  const entry = signedEntry(message, signature, pem);
  const digest = digestBytes(bundleText(memory.toString('base64', start, end), signature, keyId));
  const packed = packWhole(behind(packedHead(keyId, signature)));
  return { digest, packed, entry, leaf: leafHash(entry).toString('hex') };
}
