import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ListedBlob } from '../../backup/blob-list.ts';
import { McError } from '../../core/errors.ts';
import { folderError } from '../folder-error.ts';
import { systemErrorField } from '../system-error.ts';
import { lookAt, makeFolder, objectPath, objectsIn, draftIn } from './backup-folder.ts';
import { syncFolder } from '../sync-folder.ts';
import { copyFile, type CopiedFile } from './copy-file.ts';

export type KnownBlobs = ReadonlyMap<string, ListedBlob>;

interface BlobCopy {
  /** The folder of the home's blobs. */
  from: string;
  /** The folder of backups. */
  to: string;
  /** What the backup before had: a file of the same time and size is not read again. */
  before: KnownBlobs;
  /** What this backup has already, in the state that it shall have. */
  taken: KnownBlobs;
}

export interface BlobsCopied {
  blobs: ListedBlob[];
  /** Bytes that the backups before did not have. */
  newBytes: number;
}

/** Files that are copied at the same time; more only fight for the disk. */
const atOnce = 4;

/**
 * Copies every blob file that is not taken yet, by the digest of its stored bytes. What vanishes meanwhile was removed by a purge and is left out. All that was
 * copied is on the disk when it answers.
 */
export async function copyBlobs({ from, to, before, taken }: BlobCopy): Promise<BlobsCopied> {
  const paths = (await filesIn(from, '')).filter((path) => !taken.has(path));
  const copied: BlobsCopied = { blobs: [], newBytes: 0 };
  const folders = new Set<string>();
  const copyNext = async (lane: number): Promise<void> => {
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      const known = await unchanged(join(from, path), to, before.get(path));
      if (known) {
        copied.blobs.push(known);
        continue;
      }
      const placeOf = (file: CopiedFile): string | undefined => {
        const place = objectPath(to, file.digest);
        if (lookAt(place)?.size === file.size) return undefined;
        makeFolder(join(place, '..'));
        folders.add(join(place, '..'));
        copied.newBytes += file.size;
        return place;
      };
      const file = await copyFile(join(from, path), `${draftIn(to)}.${lane}`, placeOf);
      if (file) copied.blobs.push(named(path, file));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, lane) => copyNext(lane)));
  for (const folder of folders) await syncFolder(folder);
  if (folders.size > 0) await syncFolder(objectsIn(to));
  return copied;
}

/** The blob of the backup before, when the file was not written since and its object is there. */
async function unchanged(path: string, to: string, known: ListedBlob | undefined): Promise<ListedBlob | undefined> {
  if (!known) return undefined;
  const status = await stat(path).catch(() => undefined);
  const isSame = status?.mtimeMs === known.mtimeMs && status.size === known.size;
  return isSame && lookAt(objectPath(to, known.digest))?.size === known.size ? known : undefined;
}

function named(path: string, { digest, size, mtimeMs }: CopiedFile): ListedBlob {
  const blob = ListedBlob.safeParse({ path, digest, size, mtimeMs });
  if (blob.success) return blob.data;
  throw new McError('mc:store:damaged', `${path} is no name that a blob of a home has`);
}

/** Paths of all files below a folder; drafts of blobs that are being written are none. */
async function filesIn(root: string, below: string): Promise<string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch((error: unknown) => {
    if (systemErrorField(error, 'code') === 'ENOENT') return [];
    throw folderError(join(root, below), error);
  });
  const found: string[] = [];
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesIn(root, path)));
    else if (!entry.isFile())
      throw new McError('mc:store:damaged', `${join(root, path)} is neither a file nor a folder; a home has no links`);
    else if (!entry.name.endsWith('.tmp')) found.push(path);
  }
  return found;
}
