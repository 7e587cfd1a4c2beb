import { assertInvariant, McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { ReadPack, ShippedPack } from '../port/pack-library.ts';
import type { OwnPack } from '../port/policy-engine.ts';
import type { Actor } from '../tenant/actor.ts';
import { getTenant } from '../tenant/tenant-store.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { loadOwnPack } from './load-own-pack.ts';
import { packPage } from './pack-page.ts';
import type { PackRecord } from './pack-record.ts';
import { newestPacks } from './pack-store.ts';
import type { PackVersion, PolicyPack } from './policy-pack.ts';

type ReadDeps = Pick<Deps, 'table' | 'blobs' | 'signer' | 'packs'>;

/** A screen full; who pushed more often than this looks for one version by its number. */
const versionsShown = 50;

function packNotFound(name: string): McError {
  return new McError('mc:policy:pack-not-found', `There is no policy pack ${name}.`);
}

async function ownPack(
  deps: ReadDeps,
  tenant: Tenant,
  name: string,
): Promise<{ pack: ReadPack; versions: PackVersion[]; hasMore: boolean }> {
  const { records, hasMore } = await newestPacks(deps, tenant.id, { name, limit: versionsShown });
  const [newest] = records;
  if (!newest) throw packNotFound(name);
  const active = tenant.packs.find((own) => own.name === name);
  const archive = await loadOwnPack(deps, tenant.id, active ?? newest);
  // Who signed it was checked at push; the key may have been taken away since.
  const { pack } = await deps.packs.inspect(archive, []);
  assertInvariant(pack !== undefined, `the bundle of the accepted pack ${name} cannot be read`);
  return { pack, versions: records.map((record) => ownVersion(record, newest, active)), hasMore };
}

function ownVersion(record: PackRecord, newest: PackRecord, active: OwnPack | undefined): PackVersion {
  const { version, digest, signature, releaseId, publishedAt, publishedBy } = record;
  const state = digest === active?.digest ? 'active' : record === newest ? 'retired' : 'superseded';
  return { version, digest, state, signature, releaseId, publishedAt, publishedBy };
}

function shippedVersion({ entry: { version }, digest, signature }: ShippedPack): PackVersion {
  return { version, digest, state: 'active', signature, releaseId: null, publishedAt: null, publishedBy: null };
}

/** A pack that judges requests of the tenant, or did until it was retired, with everything about it. Throws `mc:policy:pack-not-found`. */
export async function getPack(deps: ReadDeps, actor: Actor, name: string): Promise<PolicyPack> {
  const [shipped, tenant] = await Promise.all([deps.packs.shipped(), getTenant(deps, actor.tenant)]);
  const found = shipped.find(({ entry }) => entry.name === name);
  const { pack, versions, hasMore } = found
    ? { pack: found, versions: [shippedVersion(found)], hasMore: false }
    : await ownPack(deps, tenant, name);
  const { entry, digest, regoVersion } = pack;
  return {
    ...entry,
    origin: found ? 'shipped' : 'own',
    ...{ digest, regoVersion },
    tenantData: tenant.data[name] ?? {},
    question: deps.packs.baseQuestion,
    docs: packPage(entry),
    ...{ versions, hasOlderVersions: hasMore },
  };
}
