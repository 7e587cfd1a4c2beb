import type { Digest } from '../../core/digest.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { queryVersions } from '../../manifest/workflow-store.ts';
import { queryPackages } from '../../package/package-store.ts';
import type { Deps } from '../../port/deps.ts';
import type { Page } from '../../port/table.ts';
import { getTenant } from '../../tenant/tenant-store.ts';

const perPage = 200;

async function* pagesOf<T>(query: (page: { limit: number; cursor?: string }) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await query({ limit: perPage, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** What of a tenant is stored as data and belongs to no run: workflows, packages and the policy packs that judge it. A run may have the same bytes. */
export async function standingDigests(deps: Pick<Deps, 'table'>, tenant: TenantId): Promise<Set<Digest>> {
  const { packs } = await getTenant(deps, tenant);
  const digests = new Set(packs.map(({ digest }) => digest));
  for await (const { digest } of pagesOf((page) => queryVersions(deps.table, tenant, page))) digests.add(digest);
  for await (const { digest } of pagesOf((page) => queryPackages(deps, tenant, page))) digests.add(digest);
  return digests;
}
