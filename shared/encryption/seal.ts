/** Seals bytes into an envelope and opens it again, bound to whose bytes they are, what for, and what they are. */
import type { KeyObject } from 'node:crypto';
import type { Digest } from '../core/digest.ts';
import type { DataKey, DataKeyId, DataKeys, DataKeyScope } from '../port/keys/data-keys.ts';
import type { EncryptionContext } from '../port/keys/wrapping-key.ts';
import { unpackBundle } from '../receipt/stored/packed-bundle.ts';
import { envelopeHeader, readEnvelope } from './envelope.ts';
import { openFrames, sealFrames } from './framed-message.ts';
import { openGcm, sealGcm } from './gcm-message.ts';

/** Above it frames: one message of AES-GCM gives out nothing before its last byte was seen, and a library that is looked at by many does the rest. */
const framedBytes = 1024 * 1024;

/** What is sealed: its scope, and the digest of the plaintext, under which it is kept. */
export interface Sealing extends DataKeyScope {
  digest: Digest;
}

/** The envelope of these bytes under the tenant's key for the purpose. */
export async function seal(keys: DataKeys, what: Sealing, plain: Uint8Array): Promise<Buffer> {
  const dataKey = await keys.current(what);
  if (plain.byteLength <= framedBytes) return sealMessage('gcm', dataKey, what, plain);
  const { id, key } = dataKey;
  const message = await sealFrames(plain, { key, keyName: id, context: contextOf(what, id) });
  return Buffer.concat([envelopeHeader('frames', id), message]);
}

/** The envelope of a packed bundle, which opens to the bundle; the digest is that of the bundle. */
export async function sealPacked(keys: DataKeys, what: Sealing, packed: Uint8Array): Promise<Uint8Array> {
  // In frames only what is sealed itself.
  if (packed.byteLength > framedBytes) return seal(keys, what, unpackBundle(packed));
  return sealMessage('packed', await keys.current(what), what, packed);
}

/**
 * The bytes in an envelope. Throws `mc:store:undecryptable` when it was changed, cut off, or belongs to another tenant, purpose or content, and
 * `mc:store:shredded` when its key was destroyed.
 */
export async function open(keys: DataKeys, what: Sealing, bytes: Uint8Array): Promise<Uint8Array> {
  const { cipher, dataKey, header, sealed } = readEnvelope(bytes);
  const { id, key } = await keys.open(what, dataKey);
  if (cipher === 'frames') return openFrames(sealed, { key, keyName: id, context: contextOf(what, id) });
  const plain = openGcm(key, sealed, associated(header, what, id));
  return cipher === 'packed' ? unpackBundle(plain) : plain;
}

/** The bytes of a small envelope when its key is at hand; throws like `open`. */
export function openSmall(key: KeyObject, what: Sealing, bytes: Uint8Array): Buffer {
  const { dataKey, header, sealed } = readEnvelope(bytes);
  return openGcm(key, sealed, associated(header, what, dataKey));
}

function sealMessage(cipher: 'gcm' | 'packed', { id, key }: DataKey, what: Sealing, plain: Uint8Array): Buffer {
  const header = envelopeHeader(cipher, id);
  return sealGcm(key, plain, associated(header, what, id), header);
}

/** The context that goes into the message, in clear: nothing in it is a secret. */
function contextOf({ tenant, purpose, digest }: Sealing, dataKey: DataKeyId): EncryptionContext {
  return { tenant, purpose, dataKey, digest };
}

/** The header and the context, spelt as canonical JSON: names in order, and no value has a character to escape. */
function associated(header: Uint8Array, { tenant, purpose, digest }: Sealing, dataKey: DataKeyId): Buffer {
  const context = `{"dataKey":"${dataKey}","digest":"${digest}","purpose":"${purpose}","tenant":"${tenant}"}`;
  return Buffer.concat([header, Buffer.from(context, 'latin1')]);
}
