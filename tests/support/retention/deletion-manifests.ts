import type { TenantId } from '../../../shared/core/tenant-id.ts';
import type { ProofDeps } from '../../../shared/log/with-log-entry.ts';
import type { Bundle } from '../../../shared/receipt/bundle.ts';
import { getDeletionManifest } from '../../../shared/retention/get-deletion-manifest.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';

/** Every deletion manifest of a tenant, the newest first: what an operator collects with `maestro retention manifest` before a restore. */
export async function* deletionManifests(deps: ProofDeps, tenant: TenantId): AsyncGenerator<Bundle> {
  const { items } = await queryPurges(deps, tenant, { limit: 100 });
  const auditor = { sub: 'auditor', tenant, roles: [] };
  for (const { id, manifest } of items) if (manifest !== null) yield (await getDeletionManifest(deps, auditor, id)).bundle;
}
