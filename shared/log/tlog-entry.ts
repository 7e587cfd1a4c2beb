/** A log entry inside a sigstore bundle, with its proof, as Rekor v2 gives it and cosign 3 reads it: strictly, like the bundle around it. */
import { z } from 'zod';
import { maxCheckpointCharacters } from './checkpoint.ts';
import { maxEntryBytes } from './entry-bundle.ts';
import { entryKind } from './log-entry.ts';

/** A number as protobuf's JSON spells 64-bit integers; larger ones than JavaScript can count with are no log of ours. */
const Count = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/)
  .refine((text) => Number.isSafeInteger(Number(text)), 'a number that can be counted with');
const Hash = z.base64().length(44);

/** Two for every level of the largest tree. */
const maxProofHashes = 64;

export const TlogEntry = z.strictObject({
  logIndex: Count,
  logId: z.strictObject({ keyId: Hash }),
  kindVersion: z.strictObject({ kind: z.literal(entryKind.kind), version: z.literal(entryKind.version) }),
  integratedTime: z.literal('0').optional(),
  inclusionProof: z.strictObject({
    logIndex: Count,
    rootHash: Hash,
    treeSize: Count,
    hashes: z.array(Hash).max(maxProofHashes),
    checkpoint: z.strictObject({ envelope: z.string().max(maxCheckpointCharacters) }),
  }),
  canonicalizedBody: z
    .base64()
    .min(1)
    .max(2 * maxEntryBytes),
});
export type TlogEntry = z.infer<typeof TlogEntry>;
