/** in-toto Statement v1, as strictly as cosign reads it: an unknown field is a refusal, not noise. */
import { z } from 'zod';
import { JsonRecord } from '../core/json/json-value.ts';

/** The algorithms our own statements use; others may stand beside them. */
const DigestSet = z
  .record(z.string().min(1), z.string().regex(/^[0-9a-f]+$/, 'lower-case hex'))
  .refine((set) => Object.keys(set).length > 0, 'a digest set needs a digest');

/** Members of both schemas stand in canonical order, which they give to what they parse. */
export const Subject = z.strictObject({
  annotations: JsonRecord.optional(),
  content: z.base64().optional(),
  digest: DigestSet,
  downloadLocation: z.string().optional(),
  mediaType: z.string().optional(),
  name: z.string().optional(),
  uri: z.string().optional(),
});
export type Subject = z.infer<typeof Subject>;

/** cosign reads at most this many subjects. */
export const maxSubjects = 1_024;

export const Statement = z.strictObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  predicate: JsonRecord,
  predicateType: z.url(),
  subject: z.array(Subject).min(1).max(maxSubjects),
});
export type Statement = z.infer<typeof Statement>;

/** The predicate types that we sign. */
export const predicateTypes = {
  run: 'https://slsa.dev/provenance/v1',
  release: 'https://in-toto.io/attestation/release/v0.1',
  decision: 'https://slsa.dev/verification_summary/v1',
  egress: 'https://in-toto.io/attestation/runtime-trace/v0.1',
  deletion: 'https://maestro-conductor.dev/attestations/deletion/v1',
  disclosure: 'https://maestro-conductor.dev/attestations/disclosure/v1',
  rotation: 'https://maestro-conductor.dev/attestations/key-rotation/v1',
  testResult: 'https://in-toto.io/attestation/test-result/v0.1',
  backup: 'https://maestro-conductor.dev/attestations/backup/v1',
  restore: 'https://maestro-conductor.dev/attestations/restore/v1',
} as const;
