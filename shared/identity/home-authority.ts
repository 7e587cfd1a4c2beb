/** The authorities of a home: their certificates are made once, kept in the table, and stand in the trusted root. */
import { z } from 'zod';
import { assertInvariant } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { Item, Key } from '../port/table.ts';

const Der = z.base64().transform((text): Buffer => Buffer.from(text, 'base64'));

const StoredAuthority = z.object({
  /** When the certificates were made. */
  foundedAt: z.int(),
  validity: z.object({ notBefore: z.int(), notAfter: z.int() }),
  /** Signs certificates. */
  root: z.object({ name: z.string(), certificate: Der }),
  /** Signs timestamps. */
  timestamps: z.object({ name: z.string(), certificate: Der }),
  /** SubjectPublicKeyInfo of the key that promises to log certificates. */
  promises: Der,
});
export type HomeAuthority = z.infer<typeof StoredAuthority>;

/** What a use case needs that names the authorities of the home. */
export type AuthorityDeps = Pick<Deps, 'table' | 'clock' | 'authority'>;

const key: Key = { pk: 'SYS#KEYS', sk: 'AUTHORITY' };

/** The authorities of this home; made when they are first asked for, and the same ever after, for callers at the same time too. */
export async function homeAuthority(deps: AuthorityDeps): Promise<HomeAuthority> {
  const item = (await deps.table.get(key)) ?? (await found(deps));
  return StoredAuthority.parse(item);
}

async function found(deps: AuthorityDeps): Promise<Item> {
  // Only whoever needs it pays for loading the ASN.1 library.
  const { foundAuthority } = await import('./found-authority.ts');
  const item = { ...key, ...(await foundAuthority(deps)) };
  const { ok } = await deps.table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }]);
  if (ok) return item;
  const winner = await deps.table.get(key);
  assertInvariant(winner !== undefined, 'the authority of the home is there and cannot be read');
  return winner;
}
