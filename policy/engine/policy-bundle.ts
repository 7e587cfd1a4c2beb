import { z } from 'zod';
import type { Digest } from '../../shared/core/digest.ts';
import type { JsonObject } from '../../shared/core/json/canonical-json.ts';
import { PackGoldens } from '../../shared/policy-catalog/pack-goldens.ts';
import { PolicyPoint } from '../../shared/port/policy-engine.ts';
import { everyPart, readableParts } from './readable-parts.ts';

/** What a pack may be called; its rules live in the Rego package `mc.<name>`. */
export const PackName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
export type PackName = z.infer<typeof PackName>;

/** Semantic Versioning 2.0.0, as far as a pack needs it: three numbers and a pre-release. */
const PackVersion = z
  .string()
  .max(64)
  .regex(/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$/, 'a semantic version such as 1.0.0');

/** What a pack says about itself in `.manifest`. A bundle of a tenant may leave it out, or any of it; a shipped pack says all of it. */
export const PackMetadata = z.strictObject({
  title: z.string().trim().min(1).max(100),
  version: PackVersion,
  points: z.array(PolicyPoint).min(1).describe('Where the pack is asked'),
  reads: z.array(z.enum(readableParts)).describe('Parts of the input it sees, besides request.point and tenant.id'),
});
export type PackMetadata = z.infer<typeof PackMetadata>;

/** What a bundle without metadata is taken to mean: judged wherever money or machines are spent next, and shown everything. */
export const metadataDefaults: Omit<PackMetadata, 'title'> = { version: '0.0.0', points: ['plan', 'start'], reads: [...everyPart] };

/** The worked cases of a tenant's own pack travel in its manifest; they are tried when it is pushed, and never when it judges. */
const GoldenCases = PackGoldens.shape.cases;

/**
 * The `.manifest` of a bundle, as `opa build` writes it. Fields we do not know could change what the rules mean, so they are refused, and
 * `rego_version` is never guessed: rules of v0 say so, or are refused.
 */
export const BundleManifest = z.strictObject({
  /** What `opa build` was told with `--revision`; empty when it was told nothing. */
  revision: z.string().max(256),
  roots: z.array(z.string().min(1)).min(1).max(16),
  rego_version: z.literal([0, 1], { error: 'must say 0 (Rego v0) or 1 (Rego v1)' }),
  wasm: z.tuple([z.strictObject({ entrypoint: z.string(), module: z.literal('/policy.wasm'), annotations: z.array(z.json()).optional() })]),
  metadata: PackMetadata.partial().extend({ goldens: GoldenCases.optional() }).optional(),
});
export type BundleManifest = z.infer<typeof BundleManifest>;

/** A bundle that was read whole and found well formed; `digest` is over the bytes of its file. */
export interface PolicyBundle extends PackMetadata {
  name: PackName;
  digest: Digest;
  revision: string;
  regoVersion: 0 | 1;
  /** The one document the engine asks for: `mc/<name>/verdict`. */
  entrypoint: string;
  data: JsonObject;
  wasm: Uint8Array;
}
