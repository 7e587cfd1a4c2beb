import { z } from 'zod';

const Entry = z.looseObject({ kindVersion: z.looseObject({ kind: z.string(), version: z.string() }).optional() });
const Shape = z.looseObject({
  mediaType: z.string().optional(),
  messageSignature: z.unknown().optional(),
  verificationMaterial: z
    .looseObject({
      x509CertificateChain: z.unknown().optional(),
      tlogEntries: z.array(Entry).max(64).optional(),
    })
    .optional(),
});

/**
 * Why a bundle that may be a good one is not for us, in a sentence; undefined for one that claims to be of the form that we verify. Bundles of the public instance of sigstore are
 * signed by its authorities over the network and stand in its logs: those are kept by others, and `cosign` knows them.
 */
export function unsupportedBundle(value: unknown): string | undefined {
  const parsed = Shape.safeParse(value);
  if (!parsed.success) return undefined;
  const { mediaType, messageSignature, verificationMaterial: material } = parsed.data;
  if (mediaType !== undefined && /^application\/vnd\.dev\.sigstore\.bundle\+json;version=0\.[12]$/.test(mediaType))
    return `it is a sigstore bundle of an older form (${mediaType}); only v0.3 is supported`;
  if (messageSignature !== undefined) return 'it signs a file itself (messageSignature); only signed in-toto statements are supported';
  if (material?.x509CertificateChain !== undefined)
    return 'it holds a chain of certificates, as bundles before v0.3 do; only v0.3 is supported';
  const entry = material?.tlogEntries?.find(({ kindVersion }) => kindVersion && !isOurs(kindVersion));
  if (entry?.kindVersion === undefined) return undefined;
  const { kind, version } = entry.kindVersion;
  return `its log entry is of the kind ${kind.slice(0, 40)} ${version.slice(0, 10)}, as in the public instance of sigstore; only hashedrekord 0.0.2 is supported`;
}

function isOurs({ kind, version }: { kind: string; version: string }): boolean {
  return kind === 'hashedrekord' && version === '0.0.2';
}
