/** The manifest of a pack: every file with its digest, signed once as an in-toto statement. It comes last, so a pack that was cut off has none. */
import { z } from 'zod';
import { canonicalJson } from '../../core/json/canonical-json.ts';
import { Digest, digestBytes, hexOf } from '../../core/digest.ts';
import { idSchema } from '../../core/id.ts';
import { TenantId } from '../../core/tenant-id.ts';
import { predicateTypes, type Statement } from '../../receipt/statement.ts';
import { PackEntry } from './pack-entry.ts';

export const manifestPath = 'manifest.json';
export const manifestBundlePath = 'manifest.sigstore.json';

/** What stands in a run's receipt and is not in the pack, because it is not kept any more. */
export const MissingFile = z.strictObject({ path: z.string(), digest: Digest });
export type MissingFile = z.infer<typeof MissingFile>;

export const DisclosureManifest = z.strictObject({
  version: z.literal(1),
  executionId: idSchema('exec'),
  tenant: TenantId,
  receiptId: idSchema('rcpt'),
  builder: z.string(),
  redaction: z.strictObject({ version: z.int(), dataClass: z.string() }),
  files: z.array(PackEntry),
  missing: z.array(MissingFile),
});
export type DisclosureManifest = z.infer<typeof DisclosureManifest>;

/** The bytes of the manifest; equal manifests give equal bytes. */
export function manifestText(manifest: DisclosureManifest): string {
  return canonicalJson(manifest);
}

/** What is signed about a pack: its manifest by digest, and what it is a pack of. */
export function buildDisclosureStatement(manifest: DisclosureManifest): Statement {
  const { version, executionId, tenant, receiptId, builder, redaction, files, missing } = manifest;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: manifestPath, digest: { sha256: hexOf(digestBytes(manifestText(manifest))) } }],
    predicateType: predicateTypes.disclosure,
    predicate: {
      version,
      executionId,
      tenant,
      receiptId,
      builder: { id: builder },
      redaction,
      files: files.length,
      missing: missing.length,
    },
  };
}
