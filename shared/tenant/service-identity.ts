import type { TenantId } from '../core/tenant-id.ts';
import type { Actor } from './actor.ts';

/** Subjects under which the home's own programs act, and who stands in an event that nobody with a token made. Events and statements have a subject only, so nobody else may have one of these. */
export const homeSubjects = {
  home: 'service:home',
  runner: 'service:runner',
  schedule: 'service:schedule',
  retention: 'service:retention',
  restore: 'service:restore',
  rotation: 'service:rotation',
  /** Whoever holds a signed address. */
  signedAddress: 'signed-address',
} as const;

/** What a tenant's attempts are dispatched as: the home's own runner, which has no role and so may call no operation. */
export function runnerIdentity(tenant: TenantId): Actor {
  return { sub: homeSubjects.runner, tenant, roles: [], isService: true };
}

const homeServices: ReadonlySet<string> = new Set(Object.values(homeSubjects));

/** Whether this subject is one of the home's own programs; no token and no member may carry it. */
export function isHomeService(subject: string): boolean {
  return homeServices.has(subject);
}
