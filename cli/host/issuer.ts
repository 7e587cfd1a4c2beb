/**
 * The embedded home's own OpenID Connect issuer: one ES256 key, a discovery document, a JWKS and tokens for the person whose machine it is.
 * Its key is not the receipt signer's: who can forge a login must not be able to forge a receipt, and the other way round.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, SignJWT, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { McError } from '../../shared/core/errors.ts';
import type { Clock } from '../../shared/port/clock.ts';
import type { Role } from '../../shared/tenant/actor.ts';
import { openKeyFile } from '../../shared/embedded/keys/key-file.ts';
import { tokenAudience } from '../../functions/middleware/actor-claims.ts';
import { defineOperation } from '../../functions/middleware/define-operation.ts';
import type { Operation } from '../../functions/middleware/operation.ts';
import type { TokenRules } from './authenticate.ts';

/** Whom a token speaks of. */
export interface TokenSubject {
  sub: string;
  tenant: string;
  roles: readonly Role[];
}

export interface Issuer {
  readonly jwks: JSONWebKeySet;
  /** A token of this issuer, valid from now on for so many milliseconds. */
  issueToken(issuerUrl: string, subject: TokenSubject, lifetimeMs: number): Promise<string>;
}

const issuerKeyFile = (dataDir: string): string => join(dataDir, 'keys', 'issuer.pem');

export async function openIssuer(dataDir: string, clock: Clock): Promise<Issuer> {
  const key = openKeyFile(issuerKeyFile(dataDir));
  return issuerOf(key, clock);
}

/** The issuer of a home that is there already; throws `mc:key:unreadable` for a folder without one. */
export async function findIssuer(dataDir: string, clock: Clock): Promise<Issuer> {
  const key = openKeyFile(issuerKeyFile(dataDir), {
    whenAbsent: (path) => {
      throw new McError('mc:key:unreadable', `There is no ${path}; no home has ever run on ${dataDir}.`);
    },
  });
  return issuerOf(key, clock);
}

async function issuerOf(key: KeyObject, clock: Clock): Promise<Issuer> {
  const { kty, crv, x, y } = await exportJWK(createPublicKey(key));
  const publicKey = { kty, crv, x, y } as { kty: string; crv: string; x: string; y: string }; // Present in every EC public key (RFC 7518 §6.2.1).
  const kid = await calculateJwkThumbprint(publicKey);
  return {
    jwks: { keys: [{ ...publicKey, kid, alg: 'ES256', use: 'sig' }] },
    issueToken: (issuerUrl, { sub, tenant, roles }, lifetimeMs) => {
      const now = Math.floor(clock.now() / 1_000);
      return new SignJWT({ tenant_id: tenant, roles: [...roles] })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
        .setIssuer(issuerUrl)
        .setAudience(tokenAudience)
        .setSubject(sub)
        .setIssuedAt(now)
        .setExpirationTime(now + Math.floor(lifetimeMs / 1_000))
        .sign(key);
    },
  };
}

/** What a token of this issuer must be, to be accepted at this URL. */
export function issuerRules(url: string, issuer: Issuer): TokenRules {
  return { issuer: url, audience: tokenAudience, keys: createLocalJWKSet(issuer.jwks), algorithms: ['ES256'] };
}

const cached = { 'cache-control': 'public, max-age=300' };
const AnyObject = z.looseObject({});

/** What an OIDC client or an API gateway reads to verify this issuer's tokens. */
export function issuerOperations(issuer: Issuer): Operation[] {
  const shared = {
    method: 'GET',
    tag: 'Home',
    isHidden: true,
    responses: { 200: { description: 'Metadata', schema: AnyObject } },
  } as const;
  return [
    defineOperation({
      ...shared,
      id: 'getOpenIdConfiguration',
      path: '/.well-known/openid-configuration',
      summary: 'OpenID Connect discovery',
      handle: async ({ origin }) => ({
        status: 200,
        headers: cached,
        json: {
          issuer: origin,
          jwks_uri: `${origin}/.well-known/jwks.json`,
          response_types_supported: ['id_token'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['ES256'],
          claims_supported: ['sub', 'tenant_id', 'roles'],
        },
      }),
    }),
    defineOperation({
      ...shared,
      id: 'getJwks',
      path: '/.well-known/jwks.json',
      summary: 'Public keys of the issuer',
      handle: async () => ({ status: 200, headers: cached, json: issuer.jwks }),
    }),
  ];
}
