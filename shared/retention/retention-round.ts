/** The nightly round over all tenants: what a timer of one machine does by itself, and a Map of Step Functions tenant by tenant. */
import { hasCode } from '../core/errors.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import { metricNames } from '../port/metrics.ts';
import type { Page } from '../port/table.ts';
import { queryTenants } from '../tenant/tenant-store.ts';
import type { MayGoOn, PurgeDeps } from './purge/carry-out.ts';
import { purgeTenant, type Round } from './purge/purge-tenant.ts';

export type RoundDeps = PurgeDeps & Pick<Deps, 'dataKeys'>;

/** Names of a page travel through a state machine, whose input has at most 256 KB and whose history 25,000 events. */
const tenantsPerPage = 200;

/** One page of the tenants that a round is about. */
export async function listRetentionTenants(deps: Pick<Deps, 'table'>, cursor?: string): Promise<Page<TenantId>> {
  const { items, ...rest } = await queryTenants(deps, { limit: tenantsPerPage, ...(cursor !== undefined && { cursor }) });
  return { items: items.map(({ id }) => id), ...rest };
}

/** The round of one tenant; a failure is counted and thrown on, and the next round carries on what was begun. */
export async function purgeOneTenant(deps: RoundDeps, tenant: TenantId, mayGoOn: MayGoOn): Promise<Round> {
  try {
    return await purgeTenant(deps, tenant, mayGoOn);
  } catch (error) {
    deps.metrics.count(metricNames.purgeFailuresTotal);
    deps.logger.error('a purge failed; the next round carries it on', { tenant, error });
    throw error;
  }
}

/** Every tenant, one after the other; one that fails does not keep the others. Answers whether all came to their end. */
export async function purgeAllTenants(deps: RoundDeps, mayGoOn: MayGoOn): Promise<boolean> {
  let isDone = true;
  let cursor: string | undefined;
  do {
    const page = await listRetentionTenants(deps, cursor);
    for (const tenant of page.items) {
      if (!(await mayGoOn())) return false;
      try {
        isDone = (await purgeOneTenant(deps, tenant, mayGoOn)).isDone && isDone;
      } catch (error) {
        // It was counted and logged. The others have the same clock, and no other failure is theirs too.
        if (hasCode(error, 'mc:retention:clock-moved')) return false;
        isDone = false;
      }
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return isDone;
}
