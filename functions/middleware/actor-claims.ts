/** The verified claims of a token to an Actor. What cannot be read is refused; a role we do not know grants nothing. */
import { z } from 'zod';
import { McError } from '../../shared/core/errors.ts';
import { isReservedTenant } from '../../shared/core/tenant-id.ts';
import { Actor, Role } from '../../shared/tenant/actor.ts';
import { isHomeService } from '../../shared/tenant/service-identity.ts';
import { SpiffeId } from '../../shared/tenant/spiffe-id.ts';

/** The `aud` of every token this product accepts. */
export const tokenAudience = 'maestro-conductor';

/** Identity providers put roles of other products into the same claim; far more than this is not a person's token. */
const maxRoles = 64;

const Claims = z.object({
  // It stands in receipts and audit events, which half a character would keep from being signed.
  sub: Actor.shape.sub.refine((sub) => sub.isWellFormed()),
  tenant_id: Actor.shape.tenant,
  /** API Gateway's JWT authorizer flattens lists to `[a b]`. */
  roles: z.union([z.array(z.string()).max(maxRoles), z.string().regex(/^\[.{0,1000}\]$/)]),
  /** The workload that asks, where the issuer knows it (SPIFFE). */
  spiffe_id: SpiffeId.optional(),
});

function isRole(role: string): role is Role {
  return Role.safeParse(role).success;
}

export function actorFromClaims(claims: unknown): Actor {
  const parsed = Claims.safeParse(claims);
  if (!parsed.success) {
    const names = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0] ?? 'token')))];
    throw new McError('mc:auth:unauthenticated', `The token lacks a usable claim: ${names.join(', ')}.`);
  }
  const { sub, tenant_id: tenant, roles, spiffe_id: spiffeId } = parsed.data;
  // An issuer that lets people choose their tenant must not thereby let them publish packages that every tenant runs.
  if (isReservedTenant(tenant)) throw new McError('mc:auth:unauthenticated', `The tenant ${tenant} is reserved; no token may act as it.`);
  // Packs trust what the home's own programs ask for.
  if (isHomeService(sub)) throw new McError('mc:auth:unauthenticated', `The subject ${sub} is the home's own; no token may act as it.`);
  const list = typeof roles === 'string' ? roles.slice(1, -1).split(/[\s,]+/) : roles;
  return { sub, tenant, roles: [...new Set(list.filter(isRole))], ...(spiffeId === undefined ? {} : { spiffeId }) };
}
