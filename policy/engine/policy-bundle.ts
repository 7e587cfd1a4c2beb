import { z } from 'zod';
import type { Digest } from '../../shared/core/digest.ts';
import type { JsonObject } from '../../shared/core/canonical-json.ts';

/** What a pack may be called; its rules live in the Rego package `mc.<name>`. */
export const PackName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
export type PackName = z.infer<typeof PackName>;

/** The `.manifest` of a bundle, as `opa build` writes it. Fields we do not know could change what the rules mean, so they are refused. */
export const BundleManifest = z.strictObject({
  revision: z.string().min(1).max(256),
  roots: z.array(z.string().min(1)).min(1).max(16),
  rego_version: z.union([z.literal(0), z.literal(1)]),
  wasm: z.tuple([z.strictObject({ entrypoint: z.string(), module: z.literal('/policy.wasm'), annotations: z.array(z.json()).optional() })]),
});
export type BundleManifest = z.infer<typeof BundleManifest>;

/** A bundle that was read whole and found well formed; `digest` is over the bytes of its file. */
export interface PolicyBundle {
  name: PackName;
  digest: Digest;
  revision: string;
  /** The one document the engine asks for: `mc/<name>/verdict`. */
  entrypoint: string;
  data: JsonObject;
  wasm: Uint8Array;
}
