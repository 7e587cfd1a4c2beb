/** The entries of a folder that a task may have written to, by the bytes of their names: these need not be text, and read as text they would name nothing. */
import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { InvariantError } from '../../../shared/core/errors.ts';

export interface Entry {
  /** The path of the folder with the name behind it. */
  path: Buffer;
  kind: 'folder' | 'file' | 'link' | 'other';
}

/** What Node gives names as bytes for; its types know it for `readdir` only, which reads all of a folder at once. */
const asBytes = 'buffer' as BufferEncoding;
/** Entries read at once, which is also what Node takes when nobody says. */
const readAtOnce = 32;
const separator = Buffer.from('/');

function kindOf(entry: Dirent): Entry['kind'] {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return 'file';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

/** Reads a few at a time, however many there are. Links are named, never followed. */
export async function* entriesOf(folder: Buffer): AsyncGenerator<Entry> {
  for await (const entry of await opendir(folder, { encoding: asBytes, bufferSize: readAtOnce })) {
    const name: unknown = entry.name;
    if (!Buffer.isBuffer(name)) throw new InvariantError('Node read the name of a file as text');
    yield { path: Buffer.concat([folder, separator, name]), kind: kindOf(entry) };
  }
}
