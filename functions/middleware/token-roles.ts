/**
 * The roles of a caller behind API Gateway. Its authorizer verifies the token of the Authorization header and hands the claims over as text, where the
 * list `["team admin"]` and the list `["team", "admin"]` are the same `[team admin]`. So roles are read from the verified token itself.
 */
import { z } from 'zod';
import { McError } from '../../shared/core/errors.ts';

/** Three parts of base64url; API Gateway takes a token with and without `Bearer`. */
const compact = /^(?:bearer )?[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/i;

const Claims = z.looseObject({ sub: z.unknown(), tenant_id: z.unknown(), roles: z.unknown() });
type Claims = z.infer<typeof Claims>;

function payloadOf(authorization: string): Claims | undefined {
  const payload = compact.exec(authorization)?.[1];
  if (payload === undefined) return undefined;
  try {
    return Claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString())).data;
  } catch {
    return undefined; // Not what was verified, whatever it is.
  }
}

/** The verified claims with the roles as the token spells them. Throws `mc:auth:unauthenticated` when the header holds another token than the one that was verified. */
export function withTokenRoles(claims: unknown, authorization: string | undefined): unknown {
  const verified = Claims.safeParse(claims).data;
  if (!verified || authorization === undefined) return claims;
  const token = payloadOf(authorization);
  if (token?.sub === verified.sub && token?.tenant_id === verified.tenant_id) return { ...verified, roles: token?.roles };
  throw new McError('mc:auth:unauthenticated', 'The Authorization header does not hold the token that was verified.');
}
