/**
 * The blob port on content-addressed files: `<root>/<tenant>/<kind>/<first two hex digits>/<hex>`. A file appears whole or not at all
 * (written beside, synced, renamed), and is checked against its name when it is read.
 */
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestBytes, hexOf, type Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { BlobKind, BlobStore } from '../port/blob-store.ts';
import { systemErrorField } from './system-error.ts';

export class FileBlobs implements BlobStore {
  readonly #root: string;
  #counter = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async put(tenant: TenantId, kind: BlobKind, bytes: Uint8Array): Promise<Digest> {
    const digest = digestBytes(bytes);
    const path = this.#path(tenant, kind, digest);
    if (await exists(path, bytes.byteLength)) return digest;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await this.#writeWhole(path, bytes);
    } catch (error) {
      throw blobError(error);
    }
    return digest;
  }

  async find(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(this.#path(tenant, kind, digest));
    } catch (error) {
      if (systemErrorField(error, 'code') === 'ENOENT') return undefined;
      throw blobError(error);
    }
    if (digestBytes(bytes) !== digest) throw new McError('mc:store:unavailable', `the stored bytes of ${digest} were changed on disk`);
    return bytes;
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

  #path(tenant: TenantId, kind: BlobKind, digest: Digest): string {
    const hex = hexOf(digest);
    return join(this.#root, tenant, kind, hex.slice(0, 2), hex);
  }
}

async function exists(path: string, sizeBytes: number): Promise<boolean> {
  try {
    return (await stat(path)).size === sizeBytes;
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
