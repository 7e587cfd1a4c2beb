/** Audit events and signed statements name who acted by the subject; so no token and no member may have a name under which the home acts. */
import { describe, expect, test } from '@jest/globals';
import { actorFromClaims } from '../../../functions/middleware/actor-claims.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { rotationActor } from '../../../shared/rotation/rotation-actor.ts';
import { PutMember } from '../../../shared/tenant-admin/put-member.ts';
import { homeSubjects, isHomeService, runnerIdentity } from '../../../shared/tenant/service-identity.ts';
import { buildDeps } from '../../support/build-deps.ts';

const claimsOf = (sub: string): unknown => ({ sub, tenant_id: 'acme', roles: ['admin'] });

describe('a name of the home', () => {
  test.each(Object.values(homeSubjects))('%s is taken from nobody', (sub) => {
    expect(() => actorFromClaims(claimsOf(sub))).toThrow(expect.objectContaining({ code: 'mc:auth:unauthenticated' }));
    expect(PutMember.safeParse({ subject: sub, role: 'admin' }).success).toBe(false);
  });

  test('is what its programs act under', () => {
    const home = buildDeps();
    const actors = [rotationActor(home.deps), runnerIdentity(TenantId.parse('acme'))];
    expect(actors.every(({ sub }) => isHomeService(sub))).toBe(true);
    home.close();
  });
});

test('services of a tenant have names of their own', () => {
  expect(actorFromClaims(claimsOf('service:ci'))).toMatchObject({ sub: 'service:ci' });
  expect(PutMember.safeParse({ subject: 'service:ci', role: 'operator' }).success).toBe(true);
});
