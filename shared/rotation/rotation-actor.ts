import type { Deps } from '../port/deps.ts';
import type { Actor } from '../tenant/actor.ts';
import { homeSubjects } from '../tenant/service-identity.ts';

/** Who acts when the home goes on with a rotation, or begins one because a key is old. */
export function rotationActor({ config }: Pick<Deps, 'config'>): Actor {
  return { sub: homeSubjects.rotation, tenant: config.ownerTenant, roles: ['admin'], isService: true };
}
