import type { TenantId } from '../core/tenant-id.ts';
import type { Actor } from './actor.ts';

/** What a tenant's attempts are dispatched as: the home's own runner, which has no role and so may call no operation. */
export function runnerIdentity(tenant: TenantId): Actor {
  return { sub: 'service:runner', tenant, roles: [], isService: true };
}

/** Subjects under which the home's own programs act. */
const homeServices: readonly string[] = ['service:home', 'service:runner', 'service:schedule'];

/** Whether this subject is one of the home's own programs; no token and no member may carry it. */
export function isHomeService(subject: string): boolean {
  return homeServices.includes(subject);
}
