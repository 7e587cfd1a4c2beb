import { z } from 'zod';
import { canonicalJson, type JsonObject } from '../core/json/canonical-json.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { fileKey, FileRef } from '../manifest/file-ref.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { Deps } from '../port/deps.ts';

const StoredFile = z.object({ sizeBytes: z.int().nonnegative() });

/**
 * How much a run has to chew on: its inputs as canonical JSON, and the files they name. Undefined when one of those is none that this tenant
 * uploaded, so that its size is not known: a start refuses it, a plan may come before the upload.
 */
export async function inputBytesOf(
  { table }: Pick<Deps, 'table'>,
  tenant: TenantId,
  manifest: Manifest,
  inputs: JsonObject,
): Promise<number | undefined> {
  const declared = Object.entries(manifest.inputs ?? {}).filter(([name, { type }]) => type === 'file' && Object.hasOwn(inputs, name));
  const refs = declared.flatMap(([name]) => {
    const ref = FileRef.safeParse(inputs[name]);
    return ref.success ? [ref.data] : [];
  });
  let bytes = Buffer.byteLength(canonicalJson(inputs));
  const items = refs.length === 0 ? [] : await table.getMany(refs.map(({ digest }) => fileKey(tenant, digest)));
  for (const item of items) {
    if (!item) return undefined;
    bytes += StoredFile.parse(item).sizeBytes;
  }
  return bytes;
}
