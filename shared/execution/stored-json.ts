/** JSON values of a run: small ones stay in the item that names them, large ones are blobs. Either way the digest says what the value is. */
import { z } from 'zod';
import { canonicalJson, type Json } from '../core/json/canonical-json.ts';
import { Digest, digestBytes } from '../core/digest.ts';
import { JsonValue } from '../core/json/json-value.ts';
import { open, seal } from '../encryption/seal.ts';
import { nameBlobs, runOwner } from '../blob/blob-uses.ts';
import type { Id } from '../core/id.ts';
import { InvariantError, McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { DataKey } from '../port/keys/data-keys.ts';

/** Up to here a value travels inside its item and costs no write of its own; 90 such values still fit one transaction's items. */
const inlineBytes = 4 * 1024;

/** A value as an item holds it: sealed, or as a blob. Homes before 0.3.0 wrote small ones in the open. */
export const StoredJson = z.strictObject({
  digest: Digest,
  sizeBytes: z.int().nonnegative(),
  sealed: z.base64().optional(),
  inline: JsonValue.optional(),
});
export type StoredJson = z.infer<typeof StoredJson>;

/** Whether the value itself stands elsewhere: as a blob, unless it was purged. */
export function isElsewhere({ sealed, inline }: StoredJson): boolean {
  return sealed === undefined && inline === undefined;
}

/** A run reads its few values a dozen times within a second, mostly from the very object that was stored; opening and parsing would cost more than that. */
const opened = new WeakMap<StoredJson, Json>();

/** A value as its item will hold it; `blob` are the bytes that have to be stored as `data` before the item is written, where it is a large one. */
interface PreparedJson {
  stored: StoredJson;
  blob: Uint8Array | undefined;
}

/** Seals a small value, and says of a large one what is to be stored; nothing is written. */
export async function prepareJson(deps: Pick<Deps, 'dataKeys'>, tenant: TenantId, value: Json): Promise<PreparedJson> {
  const text = canonicalJson(value);
  const bytes = Buffer.from(text);
  if (text === emptyText) return { stored: await sealEmpty(deps, tenant), blob: undefined };
  if (text.length <= inlineBytes) return { stored: await sealInline(deps, tenant, { value, bytes }), blob: undefined };
  return { stored: { digest: digestBytes(bytes), sizeBytes: bytes.byteLength }, blob: bytes };
}

/** Stores a value that the run `owner` needs; durable only together with the item that the result is written into. */
export async function storeJson(
  deps: Pick<Deps, 'blobs' | 'dataKeys' | 'table' | 'clock'>,
  tenant: TenantId,
  value: Json,
  owner: Id<'exec'>,
): Promise<StoredJson> {
  const { stored, blob } = await prepareJson(deps, tenant, value);
  if (blob === undefined) return stored;
  await deps.blobs.put(tenant, 'data', blob);
  await nameBlobs(deps, tenant, runOwner(owner), [stored.digest]);
  return stored;
}

/** The value back; throws when the blob is gone, because an item that names it promised it. */
export async function loadJson(deps: Pick<Deps, 'blobs' | 'dataKeys'>, tenant: TenantId, stored: StoredJson): Promise<Json> {
  if (stored.inline !== undefined) return stored.inline;
  const known = opened.get(stored);
  if (known !== undefined) return known;
  const bytes = stored.sealed === undefined ? await deps.blobs.find(tenant, 'data', stored.digest) : await openInline(deps, tenant, stored);
  if (!bytes) throw new McError('mc:store:unavailable', `the stored value ${stored.digest} is gone`);
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (value === undefined) throw new InvariantError('JSON.parse gave undefined');
  return value as Json; // JSON.parse gives nothing else.
}

const emptyText = '{}';
/** The empty object as each data key sealed it. */
const empties = new WeakMap<DataKey, StoredJson>();

/** Most runs have no inputs or no outputs, and all of their rows may say so with the same bytes: the digest beside them tells as much. */
async function sealEmpty(deps: Pick<Deps, 'dataKeys'>, tenant: TenantId): Promise<StoredJson> {
  const dataKey = await deps.dataKeys.current({ tenant, purpose: 'value' });
  const known = empties.get(dataKey) ?? (await sealInline(deps, tenant, { value: {}, bytes: Buffer.from(emptyText) }));
  empties.set(dataKey, known);
  return known;
}

async function sealInline(
  { dataKeys }: Pick<Deps, 'dataKeys'>,
  tenant: TenantId,
  { value, bytes }: { value: Json; bytes: Buffer },
): Promise<StoredJson> {
  const digest = digestBytes(bytes);
  const envelope = await seal(dataKeys, { tenant, purpose: 'value', digest }, bytes);
  const stored = { digest, sizeBytes: bytes.byteLength, sealed: Buffer.from(envelope).toString('base64') };
  opened.set(stored, value);
  return stored;
}

/** The bytes are authenticated together with their digest, so they are what it says. */
function openInline({ dataKeys }: Pick<Deps, 'dataKeys'>, tenant: TenantId, { digest, sealed = '' }: StoredJson): Promise<Uint8Array> {
  return open(dataKeys, { tenant, purpose: 'value', digest }, Buffer.from(sealed, 'base64'));
}
