import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { operations } from '../../../functions/http/index.ts';
import type { Operation } from '../../../functions/middleware/operation.ts';
import { Problem } from '../../../functions/middleware/problem.ts';
import { openKeyFile } from '../../../shared/embedded/keys/key-file.ts';
import { Role } from '../../../shared/tenant/actor.ts';
import { buildSite, type TestSite } from '../../support/build-site.ts';

let site: TestSite;
beforeAll(async () => {
  site = await buildSite(operations);
});
afterAll(() => site.close());

/** A request without a body: enough to see who is let in, and too little for any use case to do anything. */
function call({ method, path }: Operation, token?: string): Promise<Response> {
  const filled = path.replaceAll(/\{\w+\}/g, 'exec_01K00000000000000000000000');
  return fetch(`${site.url}${filled}`, { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
}

const guarded = operations.filter(({ roles }) => roles !== 'public').map((operation) => [operation.id, operation] as const);
const open = operations.filter(({ roles }) => roles === 'public').map((operation) => [operation.id, operation] as const);

type Forge = () => Promise<string | undefined> | string;

function claims(changed: JWTPayload = {}): JWTPayload {
  const now = Math.floor(site.home.clock.now() / 1_000);
  return { sub: 'eve', tenant_id: 'acme', roles: ['admin'], iss: site.url, aud: 'maestro-conductor', iat: now, exp: now + 600, ...changed };
}

function signed(payload: JWTPayload, key = openKeyFile(join(site.home.folder, 'home', 'keys', 'issuer.pem'))): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: String(site.issuer.jwks.keys[0]?.kid) }).sign(key);
}

const publicKey = (): KeyObject => createPublicKey(openKeyFile(join(site.home.folder, 'home', 'keys', 'issuer.pem')));

function symmetric(secret: string | Buffer): Promise<string> {
  return new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: String(site.issuer.jwks.keys[0]?.kid) }).sign(Buffer.from(secret));
}

const refusedTokens: [string, Forge][] = [
  ['no token', async () => undefined],
  ['an expired token', () => signed(claims({ exp: 1 }))],
  ['a token for another audience', () => signed(claims({ aud: 'other' }))],
  ['a token of another issuer', () => signed(claims({ iss: 'https://other.example' }))],
  ['a token signed with another key', () => signed(claims(), generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)],
  ['a token of algorithm "none"', () => new UnsecuredJWT(claims()).encode()],
  ['a token without its signature', async () => `${(await signed(claims())).split('.').slice(0, 2).join('.')}.`],
  ['a token without a tenant', () => signed(claims({ tenant_id: undefined }))],
  ["a token of the catalog's tenant", () => signed(claims({ tenant_id: 'mc-catalog' }))],
  ['a token of another reserved tenant', () => signed(claims({ tenant_id: 'mc-anything' }))],
  ['a token of a tenant that is not there', () => signed(claims({ tenant_id: 'gone' }))],
  ["a token of one of the home's own programs", () => signed(claims({ sub: 'service:runner' }))],
  ['a token whose workload is no SPIFFE id', () => signed(claims({ spiffe_id: 'https://example.org/ci' }))],
  ['a token signed with HS256 and the public key in PEM as secret', () => symmetric(publicKey().export({ type: 'spki', format: 'pem' }))],
  ['a token signed with HS256 and the published key as secret', () => symmetric(JSON.stringify(site.issuer.jwks.keys[0]))],
  ['nonsense', () => 'abc'],
];

const forged = new Map<string, Promise<string | undefined>>();

/** Each token is made once and tried on every operation. */
function forgedOnce(name: string, forge: Forge): Promise<string | undefined> {
  const known = forged.get(name) ?? Promise.resolve(forge());
  forged.set(name, known);
  return known;
}

describe.each(guarded)('%s', (_, operation) => {
  test.each(refusedTokens)('refuses %s with 401', async (name, forge) => {
    const response = await call(operation, await forgedOnce(name, forge));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(Problem.parse(await response.json())).toMatchObject({ code: 'mc:auth:unauthenticated' });
  });

  test.each(Role.options)('lets %s in exactly when the role is listed', async (role) => {
    const { status } = await call(operation, await site.token({ roles: [role] }));
    if (operation.roles.includes(role)) expect([401, 403]).not.toContain(status);
    else expect(status).toBe(403);
    expect(status).not.toBe(500);
  });

  test('refuses a known caller without any role with 403', async () => {
    expect((await call(operation, await site.token({ roles: [] }))).status).toBe(403);
  });
});

describe.each(open)('%s', (_, operation) => {
  test('answers without a token, and does not mind a bad one', async () => {
    // A signed address is one only with all of its parameters.
    // A tile has a path of its own, and a log may be empty yet.
    const expected = { getEvidenceFile: [400], getLogTile: [400], getLogCheckpoint: [200, 404] }[operation.id] ?? [200];
    expect(expected).toContain((await call(operation)).status);
    expect(expected).toContain((await call(operation, 'abc')).status);
  });
});

describe('the claims that are accepted', () => {
  test('the same claims, signed as they should be, are let in', async () => {
    const who = await call(operations.find(({ id }) => id === 'whoami') ?? fail(), await signed(claims()));
    expect([who.status, await who.json()]).toMatchObject([200, { subject: 'eve', tenant: 'acme', roles: ['admin'] }]);
  });
});

function fail(): never {
  throw new Error('there is no whoami');
}
