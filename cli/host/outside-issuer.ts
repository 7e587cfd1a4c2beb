/** An OpenID Connect issuer outside of the home: its discovery document is read when the home starts, its keys when tokens need them. */
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { McError } from '../../shared/core/errors.ts';
import { tokenAudience } from '../../functions/middleware/actor-claims.ts';
import type { TokenRules } from './authenticate.ts';

/** Whose tokens a home takes, as its operator names them. */
export interface OutsideIssuer {
  issuer: string;
  /** Default: the audience of this product. */
  audience?: string;
}

/** An issuer answers within tens of milliseconds; a person waits for the start, and a caller for an answer. */
const timeoutMs = 5_000;

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });

function unavailable(issuer: string, why: string, cause?: unknown): McError {
  return new McError('mc:auth:issuer-unavailable', `The issuer ${issuer} cannot be used: ${why}.`, { cause });
}

/** Keys that come over plain HTTP could be anybody's, unless they never leave the machine. */
function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}

/** Reads the discovery document (OpenID Connect Discovery 1.0 §4); throws `mc:auth:issuer-unavailable`. */
export async function openOutsideIssuer({ issuer, audience = tokenAudience }: OutsideIssuer): Promise<TokenRules> {
  if (!isSafe(issuer)) throw unavailable(issuer, 'its URL must begin with https:// (http:// on this machine only)');
  const discovery = await discover(issuer);
  // §4.3: otherwise one issuer could hand out another one's keys.
  if (discovery.issuer !== issuer)
    throw unavailable(issuer, `its discovery document is of ${JSON.stringify(discovery.issuer)}; give that exactly`);
  if (!isSafe(discovery.jwks_uri)) throw unavailable(issuer, `its keys are at ${discovery.jwks_uri}, which is not https://`);
  const remote = createRemoteJWKSet(new URL(discovery.jwks_uri), { timeoutDuration: timeoutMs });
  return { issuer, audience, keys: keysOrUnavailable(issuer, remote), algorithms: ['ES256', 'RS256'] };
}

async function discover(issuer: string): Promise<z.infer<typeof Discovery>> {
  const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw unavailable(issuer, `${url} answers ${response.status}`);
    return Discovery.parse(await response.json());
  } catch (error) {
    if (error instanceof McError) throw error;
    throw unavailable(issuer, `${url} holds no discovery document, or cannot be reached`, error);
  }
}

/** A key that the issuer does not have is a bad token; keys that cannot be had say nothing about the token. */
function keysOrUnavailable(issuer: string, remote: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw unavailable(issuer, 'its keys cannot be read', error);
    }
  };
}
