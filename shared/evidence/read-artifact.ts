import { z } from 'zod';
import { digestBytes } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Artifact } from './artifact.ts';

/** Waits before a read is tried again: a throttled store recovers within seconds, and a broken one shall not hold a pack for minutes. */
const pausesMs = [50, 200, 800, 2_000, 4_000] as const;

const StoredText = z.object({ text: z.string() });

type ReadDeps = Pick<Deps, 'table' | 'blobs' | 'clock'>;

/**
 * The bytes of an artifact, which have its digest; undefined when they are not kept any more. A store that is throttled or breaks off is asked again, a few times;
 * an artifact is at most some 30 MB, so what is read twice is bounded. Throws `mc:store:unavailable`.
 */
export async function readArtifact(deps: ReadDeps, tenant: TenantId, artifact: Artifact): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (const pauseMs of pausesMs) {
    try {
      return await readOnce(deps, tenant, artifact);
    } catch (error) {
      if (!(error instanceof McError && error.retry === 'backoff')) throw error;
      await deps.clock.sleep(pauseMs);
    }
  }
  return readOnce(deps, tenant, artifact);
}

async function readOnce(
  { table, blobs }: ReadDeps,
  tenant: TenantId,
  { name, digest, source }: Artifact,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (source.kind === 'blob') return asOwn(await blobs.find(tenant, source.blob, digest));
  const item = source.kind === 'item' ? await table.get(source.key) : { text: source.text };
  if (!item) return undefined;
  const bytes = Buffer.from(StoredText.parse(item).text);
  if (digestBytes(bytes) !== digest) throw new McError('mc:store:unavailable', `the stored text of ${name} was changed`);
  return bytes;
}

/** Stores answer ordinary buffers; only one that shares its memory with other threads would have to be copied. */
function asOwn(bytes: Uint8Array | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (bytes === undefined) return undefined;
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : Uint8Array.from(bytes);
}
