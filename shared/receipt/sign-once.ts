import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { assertInvariant } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Key } from '../port/table.ts';
import { Bundle } from './bundle.ts';
import { signStatement } from './sign-statement.ts';
import type { Statement } from './statement.ts';
import { verifyBundle } from './verify-bundle.ts';

const SignedItem = z.object({ bundleDigest: Digest });

type SignDeps = Pick<Deps, 'table' | 'blobs' | 'signer' | 'clock'>;

/** The signed statement filed at this key: signed and verified when it is first asked for, and the same bytes ever after, for callers at the same time too. */
export async function signOnce(deps: SignDeps, tenant: TenantId, key: Key, build: () => Promise<Statement> | Statement): Promise<Bundle> {
  const kept = await findSigned(deps, tenant, key);
  if (kept) return kept;
  const statement = await build();
  const signed = await signStatement(deps.signer, statement);
  verifyBundle(signed, { pem: (await deps.signer.publicKey()).pem, predicateType: statement.predicateType });
  const bundleDigest = await deps.blobs.put(tenant, 'receipt', Buffer.from(JSON.stringify(signed)));
  const item = { ...key, bundleDigest, signedAt: isoTime(deps.clock.now()) };
  const { ok } = await deps.table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }]);
  if (ok) return signed;
  const winner = await findSigned(deps, tenant, key);
  assertInvariant(winner !== undefined, `the signed statement at ${key.sk} is there and cannot be read`);
  return winner;
}

async function findSigned({ table, blobs }: SignDeps, tenant: TenantId, key: Key): Promise<Bundle | undefined> {
  const item = await table.get(key);
  if (!item) return undefined;
  const bytes = await blobs.find(tenant, 'receipt', SignedItem.parse(item).bundleDigest);
  return bytes && Bundle.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
