/**
 * Sealed bytes in files named by the digest of what was sealed: `<root>/<tenant>/<kind>/<first two hex digits>/<hex>`. A file appears whole or not at all
 * (written beside, synced, renamed, and the folder synced).
 */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hexOf } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';
import { dataKeyOf, headerBytesMax, requireEnvelope } from '../../encryption/envelope.ts';
import type { BlobName, SealedStore } from '../../port/sealed-store.ts';
import { syncFolder } from '../sync-folder.ts';
import { systemErrorField } from '../system-error.ts';

export class FileBlobs implements SealedStore {
  readonly #root: string;
  readonly #sync: typeof syncFolder;
  #counter = 0;

  /** `sync` makes the names in a folder durable. */
  constructor(root: string, sync = syncFolder) {
    this.#root = root;
    this.#sync = sync;
  }

  async put(name: BlobName, envelope: Uint8Array): Promise<void> {
    requireEnvelope(`the blob ${name.digest}`, envelope);
    const path = pathOf(this.#root, name);
    if (await holdsSame(path, envelope)) return;
    try {
      const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await this.#writeWhole(path, envelope);
      // The name of the file, and of every folder that was made for it.
      for (const folder of foldersOf(path, made ?? path)) await this.#sync(folder);
    } catch (error) {
      throw blobError(error);
    }
  }

  async find(name: BlobName): Promise<Uint8Array | undefined> {
    try {
      return await readFile(pathOf(this.#root, name));
    } catch (error) {
      if (systemErrorField(error, 'code') === 'ENOENT') return undefined;
      throw blobError(error);
    }
  }

  async remove(name: BlobName): Promise<boolean> {
    try {
      const path = pathOf(this.#root, name);
      await rm(path, { force: true });
      if (existsSync(dirname(path))) await this.#sync(dirname(path));
    } catch (error) {
      throw blobError(error);
    }
    return true;
  }

  async #writeWhole(path: string, bytes: Uint8Array): Promise<void> {
    const temporary = `${path}.${process.pid}-${this.#counter++}.tmp`;
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  }
}

/** The folders that name what lies at the path, from its own up to the one that names `first`. */
function* foldersOf(path: string, first: string): Generator<string> {
  for (let at = path; ; at = dirname(at)) {
    yield dirname(at);
    if (at === first) return;
  }
}

function pathOf(root: string, { tenant, kind, digest }: BlobName): string {
  const hex = hexOf(digest);
  return join(root, tenant, kind, hex.slice(0, 2), hex);
}

/** Whether the file is whole and sealed with the same key; then it is not worth a sync. */
async function holdsSame(path: string, envelope: Uint8Array): Promise<boolean> {
  try {
    await using file = await open(path, 'r');
    if ((await file.stat()).size !== envelope.byteLength) return false;
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(headerBytesMax), position: 0 });
    return dataKeyOf(buffer.subarray(0, bytesRead)) === dataKeyOf(envelope);
  } catch {
    return false; // Not there, or not readable: then the write below says why.
  }
}

function blobError(error: unknown): McError {
  const code = systemErrorField(error, 'code');
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new McError('mc:store:full', 'the disk of the data folder is full; nothing was half-written', { cause: error });
  }
  return new McError('mc:store:unavailable', 'the data folder cannot be read or written', { cause: error });
}
