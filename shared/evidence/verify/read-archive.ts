/**
 * Reads the tar of a pack from strangers. Each header must be, byte for byte, the one that the writer makes of its name and size, so there is nothing else to be had:
 * no link, folder, device, long name, owner or time. Nothing is ever written anywhere.
 */
import { createHash } from 'node:crypto';
import type { Digest } from '../../core/digest.ts';
import { shownValue } from '../../core/text/shown-value.ts';
import { blockBytes, endOfArchive, isPackName, padding, readClaim, ustarHeader } from '../pack/ustar.ts';
import { ByteSource } from './byte-source.ts';
import { refusePack } from './refuse-pack.ts';

/** A file of the archive: its digest, and its bytes where they are looked at. */
export interface ReadFile {
  path: string;
  sizeBytes: number;
  digest: Digest;
  bytes?: Buffer;
}

/** More files than a run of the largest workflow can leave (500 tasks with 22 attempts, each with a log and decisions), with room. */
const maxFiles = 50_000;

/** What is looked at whole: the largest document is a receipt of some MB. */
export const maxDocumentBytes = 16 * 1024 * 1024;

/** A log whose values are put back is looked at whole too: 4 MiB of text are 25 MB of JSON where every letter is escaped, and commitments are longer than values. */
export const maxOpenedBytes = 128 * 1024 * 1024;

const typeNames: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '5': 'a folder',
  '6': 'a pipe',
  g: 'an extended header',
  x: 'an extended header',
  L: 'a long name',
  K: 'a long link',
  S: 'a sparse file',
};

/** The name and size of a header; throws with what is wrong with it. */
function claimOf(header: Buffer, seen: ReadonlySet<string>): { path: string; sizeBytes: number } {
  const raw = header.toString('latin1', 0, 100).replace(/\0.*$/s, '');
  const type = typeNames[header.toString('latin1', 156, 157)];
  if (type !== undefined) throw refusePack(`${shownValue(raw)} is ${type}`);
  if (!isPackName(raw)) throw refusePack(`${shownValue(raw)} is no name of a file in a pack`);
  const claim = readClaim(header);
  if (!claim) throw refusePack(`the header of ${raw} has no size`);
  if (seen.has(claim.path)) throw refusePack(`${claim.path} is there twice`);
  if (!ustarHeader(claim.path, claim.sizeBytes).equals(header)) throw refusePack(`the header of ${claim.path} is not the one of a pack`);
  return claim;
}

async function readFile(
  source: ByteSource,
  { path, sizeBytes }: { path: string; sizeBytes: number },
  keptBytes: number | undefined,
): Promise<ReadFile> {
  const isKept = keptBytes !== undefined;
  if (isKept && sizeBytes > keptBytes) throw refusePack(`${path} has ${sizeBytes} bytes; at most ${keptBytes} are allowed`);
  const hash = createHash('sha256');
  const pieces: Buffer[] = [];
  for await (const piece of source.take(sizeBytes, path)) {
    hash.update(piece);
    // A piece is a view of a megabyte that would be kept with it.
    if (isKept) pieces.push(Buffer.from(piece));
  }
  const pad = await source.read(padding(sizeBytes).length, path);
  if (pad.some((byte) => byte !== 0)) throw refusePack(`something is hidden behind ${path}`);
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  return { path, sizeBytes, digest, ...(isKept && { bytes: Buffer.concat(pieces) }) };
}

/** Every file of the archive in its order, with its bytes where `keptBytes` says how many there may be; throws `mc:disclosure:invalid` for anything that is none, and when the archive does not end where it says. */
export async function* readArchive(
  chunks: AsyncIterable<Buffer>,
  keptBytes: (path: string) => number | undefined,
): AsyncGenerator<ReadFile> {
  const source = new ByteSource(chunks);
  const seen = new Set<string>();
  for (;;) {
    const header = await source.read(blockBytes, 'a header');
    if (header.every((byte) => byte === 0)) break;
    const claim = claimOf(header, seen);
    seen.add(claim.path);
    if (seen.size > maxFiles) throw refusePack(`it has more than ${maxFiles} files`);
    yield await readFile(source, claim, keptBytes(claim.path));
  }
  const rest = await source.read(endOfArchive.length - blockBytes, 'its end');
  if (rest.some((byte) => byte !== 0)) throw refusePack('its end is damaged');
  if (!(await source.isAtEnd())) throw refusePack('there is something behind its end');
}
