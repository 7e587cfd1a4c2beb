/**
 * Bearer tokens to actors. A token is verified once (signature, algorithm, issuer, audience, times, claims) and then remembered by its hash until
 * it expires, because verification costs more than the rest of a request. Whatever cannot be verified is refused, without saying how close it was.
 */
import { hash } from 'node:crypto';
import { decodeJwt, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { McError } from '../../shared/core/errors.ts';
import type { Deps } from '../../shared/port/deps.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import { actorFromClaims } from '../../functions/middleware/actor-claims.ts';
import type { Authenticate } from './http-exchange.ts';

/** What a token of one issuer must be. */
export interface TokenRules {
  /** The `iss` these rules are for. */
  issuer: string;
  audience: string;
  keys: JWTVerifyGetKey;
  /** Asymmetric ones only: with a shared secret, whoever can verify could forge. */
  algorithms: readonly ('ES256' | 'RS256')[];
  /** Whom this issuer may speak of; everybody when it is absent. */
  speaksFor?: (actor: Actor) => boolean;
}

interface Verified {
  actor: Actor;
  /** Milliseconds since the Unix epoch. */
  expiresAt: number;
}

/** RFC 6750 §2.1; the length keeps hashing and parsing cheap, and is far above what an identity provider issues. */
const bearer = /^bearer ([A-Za-z0-9._~+/-]{1,8192}=*)$/i;

/** More tokens than a tenant has callers; 300 bytes each. */
const rememberedTokens = 10_000;

function refused(message: string, cause?: unknown): McError {
  return new McError('mc:auth:unauthenticated', message, cause === undefined ? {} : { cause });
}

function whyRefused(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) return `The token is not for this home: its claim ${error.claim} does not fit.`;
  return 'The token does not verify.';
}

/** The rules of the issuer that the token says it is of; nothing of it is believed before it verifies under them. */
function rulesFor(token: string, issuers: readonly TokenRules[]): TokenRules {
  const named = issuers.find(({ issuer }) => issuer === issuerIn(token));
  if (!named) throw refused('The token is not for this home: its claim iss does not fit.');
  return named;
}

function issuerIn(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw refused('The token does not verify.', error);
    throw error;
  }
}

/** Accepts tokens of these issuers and of no other. */
export function authenticator(deps: Pick<Deps, 'clock'>, issuers: readonly TokenRules[]): Authenticate {
  const verified = new LRUCache<string, Verified>({ max: rememberedTokens });
  // A burst of requests with one new token verifies it once.
  const pending = new Map<string, Promise<Verified>>();

  const verify = async (token: string): Promise<Verified> => {
    const { issuer, audience, keys, algorithms, speaksFor } = rulesFor(token, issuers);
    const currentDate = new Date(deps.clock.now());
    const options = { issuer, audience, algorithms: [...algorithms], requiredClaims: ['exp', 'sub'], currentDate };
    const { payload } = await jwtVerify(token, keys, options).catch((error: unknown) => {
      throw error instanceof errors.JOSEError ? refused(whyRefused(error), error) : error;
    });
    const actor = actorFromClaims(payload);
    if (speaksFor?.(actor) === false)
      throw refused(`The issuer of the token does not speak for ${actor.sub} of the tenant ${actor.tenant}.`);
    return { actor, expiresAt: (payload.exp ?? 0) * 1_000 };
  };

  const verifyOnce = async (token: string, key: string): Promise<Actor> => {
    const running = pending.get(key) ?? verify(token).finally(() => pending.delete(key));
    pending.set(key, running);
    const result = await running;
    verified.set(key, result);
    return result.actor;
  };

  return (authorization) => {
    if (authorization === undefined) throw refused('No token was sent; send `Authorization: Bearer <token>`.');
    const token = bearer.exec(authorization)?.[1];
    if (token === undefined) throw refused('The Authorization header holds no bearer token.');
    const key = hash('sha256', token, 'base64');
    const known = verified.get(key);
    if (known && known.expiresAt > deps.clock.now()) return known.actor;
    return verifyOnce(token, key);
  };
}
