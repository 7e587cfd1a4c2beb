/**
 * How stores keep the bundles that this home signs: payload, signature and key id, deflated. All else of a bundle is always the same, and base64 hides from deflate what
 * repeats in a statement.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { digestBytes, type Digest } from '../../core/digest.ts';
import { InvariantError, McError } from '../../core/errors.ts';
import type { Bundle } from '../bundle.ts';
import { bundleOf } from '../sign/bundle-of.ts';

/** A bundle as it is handed to a store. */
export interface PackedBundle {
  /** The digest of its JSON, under which it is kept. */
  digest: Digest;
  packed: Uint8Array<ArrayBuffer>;
}

/** The window holds a few tasks of a statement, which are alike; more memory saves nothing. Most statements fit one chunk when they are packed. */
const deflating = { level: constants.Z_BEST_SPEED, windowBits: 13, memLevel: 6, chunkSize: 4 * 1024 } as const;
/** Nothing is packed that is larger, nor unpacked; statements are of at most 500 tasks. */
const mostBytes = 64 * 1024 * 1024;

/** Packs a bundle that was made by bundleOf; one that stands in the log already has more to keep. `payload` is that of the bundle, for whoever has it. Throws `mc:store:refused` for one that is too large to be read again. */
export function packBundle(bundle: Bundle, payload: Buffer = Buffer.from(bundle.dsseEnvelope.payload, 'base64')): PackedBundle {
  const signature = bundle.dsseEnvelope.signatures[0];
  if (!signature || bundle.verificationMaterial.tlogEntries?.length !== 0) throw new InvariantError('only a fresh bundle is packed');
  const whole = Buffer.concat([Buffer.from(packedHead(signature.keyid, signature.sig)), payload]);
  return { digest: digestBytes(JSON.stringify(bundle)), packed: packWhole(whole) };
}

/** What stands before the payload when a bundle is packed; the signature is in base64. */
export function packedHead(keyId: string, signature: string): string {
  return `${keyId}\n${signature}\n`;
}

/** Packs a payload with its head. Throws as packBundle does. */
export function packWhole(whole: Uint8Array): Buffer<ArrayBuffer> {
  if (whole.byteLength > mostBytes) throw new McError('mc:store:refused', `a statement of more than ${mostBytes} bytes is not signed`);
  return deflateRawSync(whole, deflating);
}

/** The JSON of the bundle. Throws `mc:store:undecryptable` for what packBundle did not write. */
export function unpackBundle(packed: Uint8Array): Buffer {
  let whole: Buffer;
  try {
    whole = inflateRawSync(packed, { maxOutputLength: mostBytes });
  } catch (cause) {
    throw new McError('mc:store:undecryptable', 'the stored bytes are no packed bundle', { cause });
  }
  const keyEnd = whole.indexOf('\n');
  const signatureEnd = whole.indexOf('\n', keyEnd + 1);
  if (keyEnd < 0 || signatureEnd < 0) throw new McError('mc:store:undecryptable', 'the stored bytes are no packed bundle');
  const signature = Buffer.from(whole.toString('latin1', keyEnd + 1, signatureEnd), 'base64');
  return Buffer.from(JSON.stringify(bundleOf(whole.subarray(signatureEnd + 1), signature, whole.toString('latin1', 0, keyEnd))));
}
