/**
 * Reads a gzipped tar into memory. Nothing is ever written to disk, and whatever an honest `opa build` does not make is refused:
 * links, devices, folders, names that climb or repeat, archives that unpack to more than their limit.
 */
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';

export const archiveLimits = {
  /** Ten times the largest bundle measured (an 884 KB module with 1.7 MB of data). */
  packedBytes: 4 * 1024 * 1024,
  /** gzip packs at most about 1,000 to 1; this is what one evaluation may hold in memory anyway. */
  unpackedBytes: 32 * 1024 * 1024,
  /** One file a rule and some data; more is a mistake. */
  files: 500,
  /** The text of all rules together: sixteen times those of the largest shipped pack. The home itself reads it, half a second at most, before any signature counts. */
  ruleBytes: 256 * 1024,
} as const;

/** `opa build` writes names with a leading slash; without it, every part must be a plain name. */
function plainName(name: string): string {
  const relative = name.replace(/^\.?\//, '');
  const parts = relative.split('/');
  if (/[\\\0]/.test(relative) || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new Error(`entry name ${JSON.stringify(name)} is not a plain path`);
  }
  return relative;
}

function unpacked(archive: Uint8Array): Buffer {
  try {
    return gunzipSync(archive, { maxOutputLength: archiveLimits.unpackedBytes });
  } catch (cause) {
    const isTooLarge = typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    const message = isTooLarge ? `it unpacks to more than ${archiveLimits.unpackedBytes} bytes` : 'it is not gzip, or not all of it';
    throw new Error(message, { cause });
  }
}

/** The files of a gzipped tar by their names; throws on the first thing that is out of the ordinary. */
export async function untar(archive: Uint8Array): Promise<Map<string, Uint8Array>> {
  if (archive.byteLength > archiveLimits.packedBytes) {
    throw new Error(`the archive has ${archive.byteLength} bytes, at most ${archiveLimits.packedBytes} are allowed`);
  }
  const files = new Map<string, Uint8Array>();
  const entries = extract();
  entries.end(unpacked(archive));
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type !== 'file') throw new Error(`entry ${JSON.stringify(name)} is a ${String(type)}, only files are allowed`);
    const path = plainName(name);
    if (files.has(path)) throw new Error(`entry ${JSON.stringify(name)} is there twice`);
    if (files.size === archiveLimits.files) throw new Error(`there are more than ${archiveLimits.files} entries`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry as AsyncIterable<Uint8Array>) chunks.push(chunk); // tar-stream yields bytes; its types say unknown.
    files.set(path, Buffer.concat(chunks));
  }
  return files;
}
