/**
 * The form of sealed bytes: `MCE`, version, cipher, length and text of the data key's id, then what the cipher made. The id is in the open, so that an envelope
 * says itself which key opens it, for as long as there are keys.
 */
import { McError } from '../core/errors.ts';
import { DataKeyId } from '../port/keys/data-keys.ts';

/** How the bytes behind the header were sealed: one AES-256-GCM message, of them or of the packed bundle that they are, or a message of the AWS Encryption SDK in frames. */
export type Cipher = 'gcm' | 'frames' | 'packed';

const magic = Buffer.from('MCE');
const version = 1;
const ciphers: readonly Cipher[] = ['gcm', 'frames', 'packed'];
/** Magic, version, cipher, length of the id. */
const fixedBytes = magic.length + 3;
/** Enough of the beginning of an envelope to read its header. */
export const headerBytesMax = 64;
/** The shortest id is `2026-01.1`, and both ciphers add more than a nonce and a tag. */
const leastBytes = fixedBytes + 9 + 28;

/** The header of an envelope, and what the cipher made. */
export interface Envelope {
  cipher: Cipher;
  dataKey: DataKeyId;
  /** The header as it stands there, which the cipher authenticates. */
  header: Uint8Array;
  sealed: Uint8Array;
}

/** The header in front of what this cipher makes with this key. */
export function envelopeHeader(cipher: Cipher, dataKey: DataKeyId): Buffer {
  const header = Buffer.allocUnsafe(fixedBytes + dataKey.length);
  header.set(magic);
  header[magic.length] = version;
  header[magic.length + 1] = ciphers.indexOf(cipher) + 1;
  header[magic.length + 2] = dataKey.length;
  header.write(dataKey, fixedBytes, 'latin1');
  return header;
}

/** Whether bytes begin like an envelope of any version. Plaintext may, too, by chance or on purpose. */
export function looksSealed(bytes: Uint8Array): boolean {
  return magic.equals(bytes.subarray(0, magic.length)) && bytes.byteLength >= leastBytes;
}

/** The parts of an envelope; throws `mc:store:undecryptable` for what is none, is cut off, or is of a version or cipher that this program does not know. */
export function readEnvelope(bytes: Uint8Array): Envelope {
  const refuse = (reason: string): never => {
    throw new McError('mc:store:undecryptable', `the stored bytes are no envelope that can be opened: ${reason}`);
  };
  if (!looksSealed(bytes)) return refuse('they are cut off, or not sealed');
  const [found = 0, cipherNumber = 0, idBytes = 0] = bytes.subarray(magic.length, fixedBytes);
  if (found !== version) return refuse(`version ${found}, and only ${version} is known`);
  const cipher = ciphers[cipherNumber - 1] ?? refuse(`cipher ${cipherNumber} is not known`);
  const headerBytes = fixedBytes + idBytes;
  const dataKey = DataKeyId.safeParse(Buffer.from(bytes.subarray(fixedBytes, headerBytes)).toString('latin1'));
  if (!dataKey.success) return refuse('they name no data key');
  return { cipher, dataKey: dataKey.data, header: bytes.subarray(0, headerBytes), sealed: bytes.subarray(headerBytes) };
}

/** The data key that sealed these bytes, or undefined when they are no envelope. The first `headerBytesMax` bytes are enough. */
export function dataKeyOf(beginning: Uint8Array): DataKeyId | undefined {
  return looksSealed(beginning) ? readEnvelope(beginning).dataKey : undefined;
}

/** Lets only envelopes pass; every store asks this before it writes. Throws `mc:store:plaintext`. */
export function requireEnvelope(what: string, bytes: Uint8Array): void {
  try {
    readEnvelope(bytes);
  } catch (cause) {
    throw new McError('mc:store:plaintext', `${what} was to be stored in plaintext; nothing was written`, { cause });
  }
}
