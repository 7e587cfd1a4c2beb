import { digestBytes } from '../core/digest.ts';
import type { BlobStore } from '../port/blob-store.ts';
import type { Deps } from '../port/deps.ts';
import { announcePut, erasedNow } from './blob-uses.ts';

/** An erasing takes some milliseconds; one that was cut off holds the bytes for longer, and then the caller tries again later. */
const tries = 20;
const pauseMs = 50;

/**
 * A blob store whose values are never taken by a purge that began before they were stored: each put of the kind `data` is announced first, and waits for the end
 * of an erasing of the same bytes. Logs and signed statements need none of that: no two runs have the same ones, for they name their run.
 */
export function guardedBlobs(deps: Pick<Deps, 'table' | 'clock'>, blobs: BlobStore): BlobStore {
  const putPacked = blobs.putPacked?.bind(blobs);
  const packedOp = blobs.packedOp?.bind(blobs);
  return {
    find: (tenant, kind, digest) => blobs.find(tenant, kind, digest),
    remove: (tenant, kind, digest) => blobs.remove(tenant, kind, digest),
    ...(putPacked && { putPacked }),
    ...(packedOp && { packedOp }),
    async put(tenant, kind, bytes) {
      if (kind !== 'data') return blobs.put(tenant, kind, bytes);
      const digest = digestBytes(bytes);
      for (let attempt = 0; !(await announcePut(deps, tenant, digest)); attempt += 1) {
        if (attempt >= tries) throw erasedNow();
        await deps.clock.sleep(pauseMs);
      }
      return blobs.put(tenant, kind, bytes);
    },
  };
}
