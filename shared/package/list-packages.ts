import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { Page } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { catalogTenant } from './catalog-tenant.ts';
import { queryPackages } from './package-store.ts';
import type { PackageRecord } from './package-record.ts';

/** The cursor says in whose packages the next page begins: `own:` or `catalog:`, then the table's cursor. */
function readCursor(cursor: string): { source: 'own' | 'catalog'; cursor?: string } {
  const [, source, rest = ''] = /^(own|catalog):(.*)$/s.exec(cursor) ?? [];
  if (source !== 'own' && source !== 'catalog')
    throw new McError('mc:request:invalid', 'The cursor is not one of this list.', {
      issues: [
        {
          code: 'cursor',
          pointer: '/cursor',
          message: 'is not a cursor of this list',
          fix: 'Pass the `cursor` of the page before, unchanged.',
        },
      ],
    });
  return { source, ...(rest === '' ? {} : { cursor: rest }) };
}

/** One page of what tasks of the tenant may use: its own packages first, then the catalog's, each by name and version. */
export async function listPackages(
  deps: Pick<Deps, 'table'>,
  actor: Actor,
  page: { limit: number; cursor?: string },
): Promise<Page<PackageRecord>> {
  const start = readCursor(page.cursor ?? 'own:');
  const at = start.cursor === undefined ? {} : { cursor: start.cursor };
  const catalog = async (limit: number, from: { cursor?: string }): Promise<Page<PackageRecord>> => {
    const { items, cursor } = await queryPackages(deps, catalogTenant, { limit, ...from });
    return { items, ...(cursor === undefined ? {} : { cursor: `catalog:${cursor}` }) };
  };
  if (start.source === 'catalog') return catalog(page.limit, at);
  const own = await queryPackages(deps, actor.tenant, { limit: page.limit, ...at });
  if (own.cursor !== undefined) return { items: own.items, cursor: `own:${own.cursor}` };
  if (actor.tenant === catalogTenant) return own;
  const room = page.limit - own.items.length;
  if (room === 0) return { items: own.items, cursor: 'catalog:' };
  const rest = await catalog(room, {});
  return { ...rest, items: [...own.items, ...rest.items] };
}
