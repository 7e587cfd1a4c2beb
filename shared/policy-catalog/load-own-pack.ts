import { digestBytes } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { OwnPack } from '../port/policy-engine.ts';
import { verifyRelease } from '../receipt/release-statement.ts';
import { packSubject } from './pack-subject.ts';
import { findPacks } from './pack-store.ts';

type LoadDeps = Pick<Deps, 'table' | 'blobs' | 'signer'>;

function unavailable({ name, version }: OwnPack, why: string, cause?: unknown): McError {
  return new McError('mc:policy:unavailable', `The policy pack ${name}@${version} of the tenant cannot be used: ${why}.`, { cause });
}

/**
 * The bundle of a tenant's own pack, byte for byte as it was accepted at push: digest and release statement of the home were verified in
 * this call. Throws `mc:policy:unavailable` for everything else, so that nothing is admitted without it.
 */
export async function loadOwnPack(deps: LoadDeps, tenant: TenantId, pack: OwnPack): Promise<Uint8Array> {
  const [record] = await findPacks(deps, tenant, [pack]);
  if (record?.digest !== pack.digest) throw unavailable(pack, `no version with the digest ${pack.digest} was pushed`);
  const bytes = await deps.blobs.find(tenant, 'data', pack.digest);
  if (bytes === undefined) throw unavailable(pack, 'its bundle is gone from the store');
  if (digestBytes(bytes) !== pack.digest) throw unavailable(pack, 'its bundle was altered in the store');
  try {
    await verifyRelease(deps, tenant, record.releaseId, { name: packSubject(pack), digest: pack.digest });
  } catch (cause) {
    throw unavailable(pack, 'the release statement of the home does not verify', cause);
  }
  return bytes;
}
