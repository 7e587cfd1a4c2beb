import { assertInvariant } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { Page } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { getTenant } from '../tenant/tenant-store.ts';
import { findPacks } from './pack-store.ts';
import type { PackSummary } from './policy-pack.ts';

async function shippedSummaries({ packs }: Pick<Deps, 'packs'>): Promise<PackSummary[]> {
  return (await packs.shipped()).map(({ entry: { name, title, version, points }, digest, signature }) => {
    return { name, origin: 'shipped', title, version, digest, points, signature, releaseId: null };
  });
}

async function ownSummaries(deps: Pick<Deps, 'table'>, actor: Actor): Promise<PackSummary[]> {
  const { packs } = await getTenant(deps, actor.tenant);
  const records = await findPacks(deps, actor.tenant, packs);
  return records.map((record, index) => {
    assertInvariant(record !== undefined, `the active pack ${String(packs[index]?.name)} has no record`);
    const { name, title, version, digest, points, signature, releaseId } = record;
    return { name, origin: 'own', title, version, digest, points, signature, releaseId };
  });
}

/** One page of the packs that judge requests of the tenant, shipped ones and its own, in the order of names; the cursor is the last name of the page before. */
export async function listPacks(
  deps: Pick<Deps, 'table' | 'packs'>,
  actor: Actor,
  { limit, cursor = '' }: { limit: number; cursor?: string },
): Promise<Page<PackSummary>> {
  // A program ships a handful and a tenant has at most 20 of its own, so all of them are at hand.
  const all = [...(await shippedSummaries(deps)), ...(await ownSummaries(deps, actor))];
  const rest = all.filter(({ name }) => name > cursor).sort((a, b) => (a.name < b.name ? -1 : 1));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return rest.length > items.length && last ? { items, cursor: last.name } : { items };
}
