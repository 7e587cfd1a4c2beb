import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { authenticator } from '../../../cli/host/authenticate.ts';
import type { Authenticate } from '../../../cli/host/http-exchange.ts';
import { issuerRules, openIssuer, type Issuer } from '../../../cli/host/issuer.ts';
import { openKeyFile } from '../../../shared/embedded/keys/key-file.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';

const issuerUrl = 'http://127.0.0.1:8484';
const hour = 3_600_000;
const subject = { sub: 'ada@example.com', tenant: 'acme', roles: ['operator'] } as const;
const claims = { tenant_id: 'acme', roles: ['operator'], sub: subject.sub, iss: issuerUrl, aud: 'maestro-conductor' };

let home: TestHome;
let issuer: Issuer;
let authenticate: Authenticate;
beforeAll(async () => {
  home = buildDeps();
  issuer = await openIssuer(home.folder, home.clock);
  authenticate = authenticator(home.deps, [issuerRules(issuerUrl, issuer)]);
});
afterAll(() => home.close());

const seconds = (): number => Math.floor(home.clock.now() / 1_000);
const { privateKey: foreignKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ownKey = (): KeyObject => openKeyFile(join(home.folder, 'keys', 'issuer.pem'));
const kid = (): string => String(issuer.jwks.keys[0]?.kid);

/** What happens with a token: the actor, or the message of the refusal. */
async function tryToken(authorization: string | undefined): Promise<unknown> {
  try {
    return await authenticate(authorization);
  } catch (error) {
    expect(error).toMatchObject({ code: 'mc:auth:unauthenticated' });
    return String(error);
  }
}

describe('a token of the issuer', () => {
  test('is its subject with tenant and roles', async () => {
    const token = await issuer.issueToken(issuerUrl, subject, hour);
    expect(await tryToken(`Bearer ${token}`)).toEqual({ sub: 'ada@example.com', tenant: 'acme', roles: ['operator'] });
  });

  test('is verified once and then answered without waiting', async () => {
    const token = await issuer.issueToken(issuerUrl, subject, hour);
    await Promise.all([authenticate(`Bearer ${token}`), authenticate(`bearer ${token}`)]);
    expect(authenticate(`Bearer ${token}`)).toEqual(subject);
  });

  test('is refused from the moment it expires, remembered or not', async () => {
    const token = await issuer.issueToken(issuerUrl, subject, hour);
    await authenticate(`Bearer ${token}`);
    home.clock.advance(hour + 1);
    expect(await tryToken(`Bearer ${token}`)).toContain('expired');
  });

  test('keeps the roles we know and drops the others', async () => {
    const key = { ...subject, roles: ['viewer', 'superuser', 'viewer'] as never };
    expect(await tryToken(`Bearer ${await issuer.issueToken(issuerUrl, key, hour)}`)).toMatchObject({ roles: ['viewer'] });
  });
});

describe('anything else is refused', () => {
  test.each([undefined, '', 'Basic YTpi', 'Bearer', 'Bearer ', 'Bearer a b', `Bearer ${'a'.repeat(20_000)}`])(
    'header %.20s',
    async (header) => {
      expect(await tryToken(header)).toMatch(/token/);
    },
  );

  test('another audience, another issuer, or no end', async () => {
    const signed = (changed: object): Promise<string> =>
      new SignJWT({ ...claims, exp: seconds() + 60, ...changed }).setProtectedHeader({ alg: 'ES256', kid: kid() }).sign(ownKey());
    expect(await tryToken(`Bearer ${await signed({})}`)).toEqual(subject);
    expect(await tryToken(`Bearer ${await signed({ aud: 'elsewhere' })}`)).toContain('aud');
    expect(await tryToken(`Bearer ${await signed({ iss: 'http://elsewhere' })}`)).toContain('iss');
    expect(await tryToken(`Bearer ${await signed({ exp: undefined })}`)).toContain('exp');
    expect(await tryToken(`Bearer ${await signed({ nbf: seconds() + 600 })}`)).toContain('nbf');
  });

  test('a subject with half a character, which no receipt could name', async () => {
    const token = new SignJWT({ ...claims, sub: 'half \ud83d' }).setProtectedHeader({ alg: 'ES256', kid: kid() });
    expect(await tryToken(`Bearer ${await token.setExpirationTime(seconds() + 60).sign(ownKey())}`)).toContain('claim: sub');
  });

  test('a key that is not the issuer’s', async () => {
    const token = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: kid() }).setExpirationTime(seconds() + 60);
    expect(await tryToken(`Bearer ${await token.sign(foreignKey)}`)).toContain('does not verify');
  });

  test('no signature, and a symmetric one with the public key as secret', async () => {
    const unsigned = new UnsecuredJWT(claims).setExpirationTime(seconds() + 60).encode();
    expect(await tryToken(`Bearer ${unsigned}`)).toContain('does not verify');
    const secret = Buffer.from(JSON.stringify(issuer.jwks.keys[0]));
    const symmetric = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: kid() }).setExpirationTime(seconds() + 60);
    expect(await tryToken(`Bearer ${await symmetric.sign(secret)}`)).toContain('does not verify');
  });

  test('a changed payload', async () => {
    const [head, , signature] = (await issuer.issueToken(issuerUrl, subject, hour)).split('.');
    const payload = Buffer.from(JSON.stringify({ ...claims, roles: ['admin'], exp: seconds() + 60 })).toString('base64url');
    expect(await tryToken(`Bearer ${head}.${payload}.${signature}`)).toContain('does not verify');
  });

  test('a tenant that is no tenant name', async () => {
    const token = await issuer.issueToken(issuerUrl, { ...subject, tenant: '../other' }, hour);
    expect(await tryToken(`Bearer ${token}`)).toContain('tenant_id');
  });

  test('and the message never holds the token', async () => {
    const token = await issuer.issueToken('http://elsewhere', subject, hour);
    expect(await tryToken(`Bearer ${token}`)).not.toContain(token.slice(-20));
  });
});
