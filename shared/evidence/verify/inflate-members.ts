/**
 * Reads gzip from strangers, a member at a time and only in the form that packs are written in. What a header could hide (names, comments, extra fields), what could grow
 * without bound, and anything before, between or after the members is refused.
 */
import { promisify } from 'node:util';
import { crc32, inflateRaw, type InputType, type ZlibOptions } from 'node:zlib';
import { compressMember, memberBytes } from '../pack/gzip-members.ts';
import { refusePack } from './refuse-pack.ts';

/** A file, or anything else that can be read from any place. */
export interface RandomAccess {
  sizeBytes: number;
  /** As many bytes from there as asked for, or as there are. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** RFC 1952 §2.3.1: magic, deflate, no flags, no time, no hint of the compressor, unknown system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/** RFC 1952 §2.3.1: CRC-32 and size of the input, little-endian. */
const trailerBytes = 8;

/** Deflate grows what it cannot compress by 5 bytes a block of at least 16 KB; this is far more. */
const windowBytes = memberBytes + 64 * 1024;

interface Inflated {
  buffer: Buffer;
  engine: { bytesWritten: number };
}

// With `info` the result tells how much of the input the member took, which the types of Node do not know.
const inflate = promisify(inflateRaw) as unknown as (input: InputType, options: ZlibOptions) => Promise<Inflated>;

async function inflateMember(window: Buffer, offset: number): Promise<{ bytes: Buffer; taken: number }> {
  const body = window.subarray(header.length);
  let inflated: Inflated;
  try {
    inflated = await inflate(body, { maxOutputLength: memberBytes, info: true });
  } catch (cause) {
    const isTooLarge = typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    throw refusePack(
      isTooLarge ? `the member at byte ${offset} is larger than a member of a pack` : `the member at byte ${offset} is damaged or cut off`,
      cause,
    );
  }
  const { buffer: bytes, engine } = inflated;
  const end = engine.bytesWritten;
  const trailer = body.subarray(end, end + trailerBytes);
  if (trailer.length < trailerBytes) throw refusePack(`the member at byte ${offset} is cut off`);
  if (trailer.readUInt32LE(0) !== crc32(bytes) || trailer.readUInt32LE(4) !== bytes.length)
    throw refusePack(`the checksum of the member at byte ${offset} does not fit`);
  if (bytes.length === 0) throw refusePack(`the member at byte ${offset} is empty`);
  return { bytes, taken: header.length + end + trailerBytes };
}

/**
 * Whether members are what their bytes compress to. Deflate has many spellings of one content, so a flipped bit may change nothing that is digested; but all members of
 * a pack were made by one program, so either all are what the zlib here makes, or none is and another one made them.
 */
class Spelling {
  #isOurs: boolean | undefined;

  async check(member: Buffer, bytes: Buffer, offset: number): Promise<void> {
    const isOurs = member.equals(await compressMember(bytes));
    this.#isOurs ??= isOurs;
    if (isOurs !== this.#isOurs) throw refusePack(`the member at byte ${offset} is not written as the others are: one of them was changed`);
  }
}

/** The bytes of a pack, uncompressed, at most a member at a time. Throws `mc:disclosure:invalid`. */
export async function* inflateMembers(file: RandomAccess): AsyncGenerator<Buffer> {
  if (file.sizeBytes === 0) throw refusePack('it is empty');
  const spelling = new Spelling();
  for (let offset = 0; offset < file.sizeBytes;) {
    const window = await file.read(offset, header.length + windowBytes + trailerBytes);
    if (!window.subarray(0, header.length).equals(header))
      throw refusePack(offset === 0 ? 'it is not the gzip of a pack' : `at byte ${offset} there is something that is no member of a pack`);
    const { bytes, taken } = await inflateMember(window, offset);
    await spelling.check(window.subarray(0, taken), bytes, offset);
    yield bytes;
    offset += taken;
  }
}
