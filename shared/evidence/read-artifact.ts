import { digestBytes } from '../core/digest.ts';
import { canonicalJson } from '../core/json/canonical-json.ts';
import { hasCode, McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { readStoredLogs } from '../execution/decision-log.ts';
import { isElsewhere, loadJson } from '../execution/stored-json.ts';
import type { Deps } from '../port/deps.ts';
import type { Artifact, ArtifactSource } from './artifact.ts';

/** Waits before a read is tried again: a throttled store recovers within seconds, and a broken one shall not hold a pack for minutes. */
const pausesMs = [50, 200, 800, 2_000, 4_000] as const;

type ReadDeps = Pick<Deps, 'table' | 'blobs' | 'dataKeys' | 'clock'>;

/**
 * The bytes of an artifact, which have its digest; undefined when they are not kept any more. A store that is throttled or breaks off is asked again, a few times;
 * an artifact is at most some 30 MB, so what is read twice is bounded. Throws `mc:store:unavailable`.
 */
export async function readArtifact(deps: ReadDeps, tenant: TenantId, artifact: Artifact): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (const pauseMs of pausesMs) {
    try {
      return await readOnce(deps, tenant, artifact);
    } catch (error) {
      // The key of its month was destroyed: the bytes are there, and nobody reads them any more.
      if (hasCode(error, 'mc:store:shredded')) return undefined;
      if (!(error instanceof McError && error.retry === 'backoff')) throw error;
      await deps.clock.sleep(pauseMs);
    }
  }
  return readOnce(deps, tenant, artifact);
}

async function readOnce(
  deps: ReadDeps,
  tenant: TenantId,
  { name, digest, source }: Artifact,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (source.kind === 'blob') return asOwn(await deps.blobs.find(tenant, source.blob, digest));
  if (source.kind === 'value' && isElsewhere(source.stored)) return asOwn(await deps.blobs.find(tenant, 'data', digest));
  const text = await textOf(deps, tenant, source);
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text);
  if (digestBytes(bytes) !== digest) throw new McError('mc:store:unavailable', `the stored text of ${name} was changed`);
  return bytes;
}

async function textOf(deps: ReadDeps, tenant: TenantId, source: Exclude<ArtifactSource, { kind: 'blob' }>): Promise<string | undefined> {
  if (source.kind === 'inline') return source.text;
  // What a run stored was canonical JSON, and has the digest of it.
  if (source.kind === 'value') return canonicalJson(await loadJson(deps, tenant, source.stored));
  const item = await deps.table.get(source.key);
  if (!item) return undefined;
  const [log] = await readStoredLogs(deps, { tenant, id: source.executionId }, [item]);
  return log?.text;
}

/** Stores answer ordinary buffers; only one that shares its memory with other threads would have to be copied. */
function asOwn(bytes: Uint8Array | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (bytes === undefined) return undefined;
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : Uint8Array.from(bytes);
}
