import { LRUCache } from 'lru-cache';
import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { PublicKey, Signer } from '../port/keys/signer.ts';
import type { SigningKeyVersion } from '../port/keys/signing-keys.ts';
import type { WriteOp } from '../port/table.ts';
import { SignerKey, signerKeyKey, signerKeysPk } from './signer-key.ts';

/** A rotation a day for two years; rotations are refused beyond it. */
export const maxSignerKeys = 1_000;

/** The row of this key; undefined for one that this home never had, and for the first one before its first rotation. */
export async function findSignerKey({ table }: Pick<Deps, 'table'>, keyId: string): Promise<SignerKey | undefined> {
  const item = await table.get(signerKeyKey(keyId));
  return item && SignerKey.parse(item);
}

/** Every key of the home, the one that signs now first, then the newest first. */
export async function listSignerKeys(deps: Pick<Deps, 'table' | 'signer'>): Promise<(SignerKey | FirstKey)[]> {
  const [{ items }, active] = await Promise.all([deps.table.query({ pk: signerKeysPk, limit: maxSignerKeys }), deps.signer.publicKey()]);
  const keys: (SignerKey | FirstKey)[] = items.map((item) => SignerKey.parse(item));
  if (!keys.some(({ keyId }) => keyId === active.keyId)) keys.push({ ...active, state: 'active' });
  // By the rows: what this process takes for the key in use may be some seconds old.
  const rank = (key: SignerKey | FirstKey): number => (key.state === 'active' ? Infinity : 'createdAt' in key ? key.createdAt : 0);
  return keys.sort((left, right) => rank(right) - rank(left));
}

/** The only key of a home that never rotated: it has no row yet, and nobody noted when it was made. */
export type FirstKey = PublicKey & { state: 'active' };

/** The row of the key in use, which makes it one of those that verify for ever: of the first key of a home, before another one takes its place. */
export function firstSignerKeyOp({ keyId, pem, handle }: SigningKeyVersion, now: number): WriteOp {
  const key: SignerKey = {
    ...{ keyId, pem, handle, state: 'active', createdAt: now, signsFrom: now },
    ...{ signsUntil: null, goneAt: null, predecessor: null, rotationId: null },
  };
  return { kind: 'put', item: { ...signerKeyKey(keyId), ...key }, conditions: [{ kind: 'absent' }] };
}

const known = new WeakMap<Signer, LRUCache<string, PublicKey>>();

/**
 * The public key of this id, if it is one of this home: the one that signs now or any before it. A key is published before it signs, and never changes, so the table is
 * read once a key and process. Throws `mc:receipt:invalid` for any other id.
 */
export async function publicKeyOf(deps: Pick<Deps, 'table' | 'signer'>, keyId: string): Promise<PublicKey> {
  const cache = known.get(deps.signer) ?? new LRUCache<string, PublicKey>({ max: 64 });
  known.set(deps.signer, cache);
  const cached = cache.get(keyId);
  if (cached !== undefined) return cached;
  const active = await deps.signer.publicKey();
  const found = active.keyId === keyId ? active : await findSignerKey(deps, keyId);
  if (found === undefined) throw new McError('mc:receipt:invalid', `signed by the key ${keyId}, which is none of this home`);
  const key = { keyId: found.keyId, pem: found.pem };
  cache.set(keyId, key);
  return key;
}
