/**
 * From the claims of a verified token to what the home knows: whether the tenant is there, and what the member may do. Nothing is remembered
 * between requests, so a member who is suspended is out with the next one.
 */
import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import type { Actor } from './actor.ts';
import { memberKey, tenantKey, toMember } from './tenant-store.ts';

/**
 * The caller as the home sees it: a stored member's role wins over the roles of the token; whoever has no record keeps those. Throws
 * `mc:auth:unauthenticated` for a tenant that is not there and `mc:auth:forbidden` for a suspended member.
 */
export async function resolveActor({ table }: Pick<Deps, 'table'>, claimed: Actor): Promise<Actor> {
  const { sub, tenant } = claimed;
  const [known, stored] = await table.getMany([tenantKey(tenant), memberKey(tenant, sub)]);
  if (!known) throw new McError('mc:auth:unauthenticated', `The token names the tenant ${tenant}, which this home does not have.`);
  const member = toMember(stored);
  if (!member) return claimed;
  if (member.suspended) {
    throw new McError('mc:auth:forbidden', `${sub} is suspended in the tenant ${tenant}; an admin of the tenant can lift that.`);
  }
  return { ...claimed, roles: [member.role], ...(member.kind === 'service' ? { isService: true } : {}) };
}
