/**
 * Large bytes as one message of the AWS Encryption SDK: a key of its own derived for each message, frames that are authenticated one by one, key commitment. The
 * library is loaded when the first large blob comes; small messages would pay milliseconds for it.
 */
import type { KeyObject } from 'node:crypto';
import { finished } from 'node:stream/promises';
import type * as Decrypting from '@aws-crypto/decrypt-node';
import type * as Encrypting from '@aws-crypto/encrypt-node';
import type * as Materials from '@aws-crypto/material-management-node';
import type * as RawKeys from '@aws-crypto/raw-aes-keyring-node';
import { McError } from '../core/errors.ts';
import { releaseBytes } from '../core/release-bytes.ts';
import type { EncryptionContext } from '../port/keys/wrapping-key.ts';

/** Large enough that frames cost nothing, small enough that a reader never holds much that is not yet authenticated. */
const frameLength = 64 * 1024;

/** A frame has a number, a nonce and a tag besides its content; the last one, which may be empty, also a mark and a length. */
const frameExtra = 4 + 12 + 16;
const lastFrameExtra = frameExtra + 8;
/** More than the header of a message of ours: an encrypted key, and a context of a few short names. */
const headBytes = 2 * 1024;
/** How the first frame begins: its number, and a nonce that is the number again. */
const firstFrame = Buffer.from('00000001000000000000000000000001', 'hex');

const keyNamespace = 'maestro-conductor';

type Sdk = Pick<typeof Decrypting, 'buildDecrypt'> &
  Pick<typeof Encrypting, 'buildEncrypt'> &
  Pick<typeof Materials, 'AlgorithmSuiteIdentifier' | 'CommitmentPolicy'> &
  Pick<typeof RawKeys, 'RawAesKeyringNode' | 'RawAesWrappingSuiteIdentifier'>;

let loaded: Promise<Sdk> | undefined;
const load = (): Promise<Sdk> => (loaded ??= loadParts());

/** Its parts, and not `client-node`, which brings a client of KMS that nobody here asks: 18 MB of every process that reads a log. */
async function loadParts(): Promise<Sdk> {
  const [{ buildDecrypt }, { buildEncrypt }, { AlgorithmSuiteIdentifier, CommitmentPolicy }, keys] = await Promise.all([
    import('@aws-crypto/decrypt-node'),
    import('@aws-crypto/encrypt-node'),
    import('@aws-crypto/material-management-node'),
    import('@aws-crypto/raw-aes-keyring-node'),
  ]);
  const { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } = keys;
  return { buildDecrypt, buildEncrypt, AlgorithmSuiteIdentifier, CommitmentPolicy, RawAesKeyringNode, RawAesWrappingSuiteIdentifier };
}

function keyringOf(
  { RawAesKeyringNode, RawAesWrappingSuiteIdentifier }: Sdk,
  key: KeyObject,
  keyName: string,
): InstanceType<Sdk['RawAesKeyringNode']> {
  const exported = key.export();
  // The SDK wants the key in memory that it shares with nothing.
  const unencryptedMasterKey = new Uint8Array(exported);
  exported.fill(0);
  const wrappingSuite = RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING;
  return new RawAesKeyringNode({ keyName, keyNamespace, unencryptedMasterKey, wrappingSuite });
}

/** Who may open it: the key and its name, and the context that has to be the same. */
interface FramedMessage {
  key: KeyObject;
  keyName: string;
  context: EncryptionContext;
}

/** Seals bytes in frames, together with the context. */
export async function sealFrames(plain: Uint8Array, { key, keyName, context }: FramedMessage): Promise<Uint8Array> {
  const sdk = await load();
  const { encrypt } = sdk.buildEncrypt(sdk.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const { result } = await encrypt(keyringOf(sdk, key, keyName), Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength), {
    encryptionContext: { ...context },
    // Whoever can write here can also sign here: a signature in each message would prove nothing and cost a key pair.
    suiteId: sdk.AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    frameLength,
    plaintextLength: plain.byteLength,
  });
  return result;
}

/** The bytes that were sealed; throws `mc:store:undecryptable` for another key, another context, or a message that was changed or cut off. */
export async function openFrames(sealed: Uint8Array, { key, keyName, context }: FramedMessage): Promise<Uint8Array> {
  const sdk = await load();
  const { decryptStream } = sdk.buildDecrypt({
    commitmentPolicy: sdk.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
    maxEncryptedDataKeys: 1,
  });
  let opened: Opened;
  try {
    opened = await collect(decryptStream(keyringOf(sdk, key, keyName)), sealed);
  } catch (cause) {
    throw new McError('mc:store:undecryptable', 'the stored bytes were changed or cut off, or belong to another key', { cause });
  }
  const wrong = Object.entries(context).find(([name, value]) => opened.context[name] !== value);
  if (wrong) throw new McError('mc:store:undecryptable', `the stored bytes belong to another ${wrong[0]}`);
  if (!endsWithLastFrame(sealed, opened.plain.byteLength)) throw new McError('mc:store:undecryptable', 'the stored bytes were added to');
  return opened.plain;
}

interface Opened {
  plain: Uint8Array;
  context: Readonly<Record<string, string>>;
}

/** Everything that the stream gives, in one buffer. The frames are given back one by one: whoever reads gigabytes would otherwise keep 64 MB of them for the collector. */
async function collect(stream: ReturnType<ReturnType<Sdk['buildDecrypt']>['decryptStream']>, sealed: Uint8Array): Promise<Opened> {
  const message = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  let plain = new Uint8Array(contentBytesOf(message) ?? sealed.byteLength);
  let length = 0;
  let context: Opened['context'] = {};
  stream.once('MessageHeader', (header: { encryptionContext: Opened['context'] }) => (context = header.encryptionContext));
  stream.on('data', (frame: Buffer) => {
    // Of frames of another length; those of a message are never more than the message.
    if (length + frame.byteLength > plain.byteLength) plain = new Uint8Array(plain.buffer.transfer(sealed.byteLength));
    plain.set(frame, length);
    length += frame.byteLength;
    releaseBytes(frame);
  });
  // The SDK copies what comes with the header, and that copy of a whole log would wait for the collector.
  stream.write(message.subarray(0, headBytes));
  stream.end(message.subarray(headBytes));
  await finished(stream);
  return { plain: length === plain.byteLength ? plain : new Uint8Array(plain.buffer.transfer(length)), context };
}

/** How many bytes a message of ours opens to, counted from where its first frame begins; undefined for one of another form. Only for room: what is opened is what the SDK gives. */
function contentBytesOf(message: Buffer): number | undefined {
  const start = message.subarray(0, headBytes).indexOf(firstFrame);
  const frames = Math.floor((message.byteLength - start - lastFrameExtra) / (frameLength + frameExtra));
  const contentBytes = message.byteLength - start - lastFrameExtra - frames * frameExtra;
  return start === -1 || contentBytes < 0 ? undefined : contentBytes;
}

/** The SDK does not look behind the last frame. Counted back from the end, the frames of this content begin where the first one is, or there is more. */
function endsWithLastFrame(sealed: Uint8Array, contentBytes: number): boolean {
  const bodyBytes = contentBytes + Math.floor(contentBytes / frameLength) * frameExtra + lastFrameExtra;
  const start = sealed.byteLength - bodyBytes;
  return start > 0 && firstFrame.equals(sealed.subarray(start, start + firstFrame.byteLength));
}
