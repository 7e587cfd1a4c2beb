/** JSON values of a run: small ones stay in the item that names them, large ones are blobs. Either way the digest says what the value is. */
import { z } from 'zod';
import { canonicalJson, type Json } from '../core/json/canonical-json.ts';
import { Digest, digestBytes } from '../core/digest.ts';
import { JsonValue } from '../core/json/json-value.ts';
import { InvariantError, McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';

/** Up to here a value travels inside its item and costs no write of its own; 90 such values still fit one transaction's items. */
const inlineBytes = 4 * 1024;

/** A value as an item holds it. */
export const StoredJson = z.strictObject({ digest: Digest, sizeBytes: z.int().nonnegative(), inline: JsonValue.optional() });
export type StoredJson = z.infer<typeof StoredJson>;

/** Stores a value; durable only together with the item that the result is written into. */
export async function storeJson(deps: Pick<Deps, 'blobs'>, tenant: TenantId, value: Json): Promise<StoredJson> {
  const text = canonicalJson(value);
  if (text.length <= inlineBytes) return { digest: digestBytes(text), sizeBytes: Buffer.byteLength(text), inline: value };
  const bytes = Buffer.from(text);
  return { digest: await deps.blobs.put(tenant, 'data', bytes), sizeBytes: bytes.byteLength };
}

/** The value back; throws when the blob is gone, because an item that names it promised it. */
export async function loadJson(deps: Pick<Deps, 'blobs'>, tenant: TenantId, stored: StoredJson): Promise<Json> {
  if (stored.inline !== undefined) return stored.inline;
  const bytes = await deps.blobs.find(tenant, 'data', stored.digest);
  if (!bytes) throw new McError('mc:store:unavailable', `the stored value ${stored.digest} is gone`);
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (value === undefined) throw new InvariantError('JSON.parse gave undefined');
  return value as Json; // JSON.parse gives nothing else.
}
