/** Seals bytes into an envelope and opens it again, bound to whose bytes they are, what for, and what they are. */
import type { KeyObject } from 'node:crypto';
import type { Digest } from '../core/digest.ts';
import type { DataKeyId, DataKeys, DataKeyScope } from '../port/keys/data-keys.ts';
import type { EncryptionContext } from '../port/keys/wrapping-key.ts';
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
export async function seal(keys: DataKeys, what: Sealing, plain: Uint8Array): Promise<Uint8Array> {
  const { id, key } = await keys.current(what);
  if (plain.byteLength > framedBytes) {
    const message = await sealFrames(plain, { key, keyName: id, context: contextOf(what, id) });
    return Buffer.concat([envelopeHeader('frames', id), message]);
  }
  const header = envelopeHeader('gcm', id);
  return Buffer.concat([header, ...sealGcm(key, plain, associated(header, what, id))]);
}

/**
 * The bytes in an envelope. Throws `mc:store:undecryptable` when it was changed, cut off, or belongs to another tenant, purpose or content, and
 * `mc:store:shredded` when its key was destroyed.
 */
export async function open(keys: DataKeys, what: Sealing, bytes: Uint8Array): Promise<Uint8Array> {
  const { cipher, dataKey, header, sealed } = readEnvelope(bytes);
  const { id, key } = await keys.open(what, dataKey);
  if (cipher === 'frames') return openFrames(sealed, { key, keyName: id, context: contextOf(what, id) });
  return openGcm(key, sealed, associated(header, what, id));
}

/** The bytes of a small envelope when its key is at hand; throws like `open`. */
export function openSmall(key: KeyObject, what: Sealing, bytes: Uint8Array): Buffer {
  const { dataKey, header, sealed } = readEnvelope(bytes);
  return openGcm(key, sealed, associated(header, what, dataKey));
}

/** The context that goes into the message, in clear: nothing in it is a secret. */
function contextOf({ tenant, purpose, digest }: Sealing, dataKey: DataKeyId): EncryptionContext {
  return { tenant, purpose, dataKey, digest };
}

/** The header and the context, spelt as canonical JSON: names in order, and no value has a character to escape. */
function associated(header: Uint8Array, { tenant, purpose, digest }: Sealing, dataKey: DataKeyId): Buffer {
  const context = `{"dataKey":"${dataKey}","digest":"${digest}","purpose":"${purpose}","tenant":"${tenant}"}`;
  return Buffer.concat([header, Buffer.from(context)]);
}
