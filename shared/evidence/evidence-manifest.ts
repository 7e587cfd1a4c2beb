import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';

/** One artifact of a run as the evidence manifest lists it. */
export const EvidenceArtifact = z
  .strictObject({
    name: z.string().describe('What it is, by the name that the receipt has for it where it has one'),
    mediaType: z.string(),
    digest: Digest,
    sizeBytes: z.int().nonnegative(),
    url: z.url().describe('Opens this artifact, without a token, until `expiresAt`'),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'EvidenceArtifact' });
export type EvidenceArtifact = z.infer<typeof EvidenceArtifact>;

/** Every artifact of a run with an address that opens it; one page of it. */
export const EvidenceManifest = z
  .strictObject({
    executionId: idSchema('exec'),
    state: z.string(),
    artifacts: z.array(EvidenceArtifact),
    missing: z.array(z.strictObject({ name: z.string(), digest: Digest })).describe('Artifacts whose bytes are not kept any more'),
    cursor: z.string().optional().describe('Present when there is more'),
  })
  .meta({ id: 'EvidenceManifest' });
export type EvidenceManifest = z.infer<typeof EvidenceManifest>;
