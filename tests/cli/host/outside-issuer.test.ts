import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { authenticator } from '../../../cli/host/authenticate.ts';
import { openIssuer } from '../../../cli/host/issuer.ts';
import { openOutsideIssuer } from '../../../cli/host/outside-issuer.ts';
import { startHost, type RunningHost } from '../../../cli/host/start-host.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { startTestIssuer, type TestIssuer } from '../../support/outside-issuer.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'mc-oidc-'));
const audience = 'home-of-acme';

let issuer: TestIssuer;
let host: RunningHost;
beforeAll(async () => {
  issuer = await startTestIssuer();
  const quiet = { isAnnounced: false, runner: new SimulatedRunner(), log: () => undefined };
  host = await startHost({ dataDir, port: 0, ...quiet, oidc: { issuer: issuer.url, audience } });
});
afterAll(async () => {
  await host.close();
  issuer.close();
  rmSync(dataDir, { recursive: true });
});

async function whoami(token: string): Promise<unknown> {
  const response = await fetch(`${host.url}/api/whoami`, { headers: { authorization: `Bearer ${token}` } });
  const { code, subject } = (await response.json()) as { code?: string; subject?: string };
  return [response.status, code ?? subject];
}

const refused = [401, 'mc:auth:unauthenticated'];

describe('a home with an outside issuer', () => {
  test('lets in whom the issuer speaks of', async () => {
    expect(await whoami(await issuer.sign({ aud: audience }))).toEqual([200, 'eve']);
  });

  test('refuses tokens of it for others, of a key it does not have, and of tenants that are not there', async () => {
    expect(await whoami(await issuer.sign())).toEqual(refused);
    expect(await whoami(await issuer.sign({ aud: audience, tenant_id: 'gone' }))).toEqual(refused);
    expect(await whoami(await issuer.sign({ aud: audience }, { kid: 'other' }))).toEqual(refused);
    const forged = await (await startTestIssuerOnce()).sign({ aud: audience, iss: issuer.url });
    expect(await whoami(forged)).toEqual(refused);
  });

  test('still lets the local admin in, by the login file, and nobody else by its own issuer', async () => {
    expect(await whoami(host.token)).toEqual([200, 'admin@local']);
    const own = await openIssuer(dataDir, systemClock);
    expect(await whoami(await own.issueToken(host.url, { sub: 'eve', tenant: 'local', roles: ['admin'] }, 60_000))).toEqual(refused);
  });

  test('does not let one issuer speak with the name of the other', async () => {
    expect(await whoami(await issuer.sign({ iss: host.url, sub: 'admin@local', roles: ['admin'] }))).toEqual(refused);
  });
});

let other: TestIssuer | undefined;
async function startTestIssuerOnce(): Promise<TestIssuer> {
  other ??= await startTestIssuer();
  return other;
}
afterAll(() => other?.close());

describe('an issuer that cannot be used', () => {
  const unavailable = { code: 'mc:auth:issuer-unavailable' };

  test('keeps the home from starting: not safe, not there, of another name, or with keys that are not safe', async () => {
    const { url, documents } = await startTestIssuerOnce();
    await expect(openOutsideIssuer({ issuer: 'http://login.example.com' })).rejects.toMatchObject(unavailable);
    await expect(openOutsideIssuer({ issuer: 'no url' })).rejects.toMatchObject(unavailable);
    await expect(openOutsideIssuer({ issuer: `${url}/realm` })).rejects.toMatchObject(unavailable);
    await expect(openOutsideIssuer({ issuer: `${url}/` })).rejects.toMatchObject(unavailable);
    for (const wrong of [
      { issuer: 'https://login.example.com', jwks_uri: `${url}/keys` },
      { issuer: url, jwks_uri: 'http://keys.example.com' },
      [],
    ]) {
      documents['/.well-known/openid-configuration'] = wrong;
      await expect(openOutsideIssuer({ issuer: url })).rejects.toMatchObject(unavailable);
    }
  });

  test('is not the fault of the token: when its keys cannot be read, the answer is 503', async () => {
    const broken = await startTestIssuer();
    const { keys } = await openOutsideIssuer({ issuer: broken.url });
    delete broken.documents['/keys'];
    const token = await broken.sign();
    const [header = '', payload = '', signature = ''] = token.split('.');
    await expect(keys({ alg: 'RS256' }, { protected: header, payload, signature })).rejects.toMatchObject(unavailable);
    broken.close();
  });

  test('cannot bring an algorithm that is not listed', async () => {
    const elsewhere = await startTestIssuer('ES384');
    const authenticate = authenticator({ clock: systemClock }, [await openOutsideIssuer({ issuer: elsewhere.url })]);
    await expect(authenticate(`Bearer ${await elsewhere.sign()}`)).rejects.toMatchObject({ code: 'mc:auth:unauthenticated' });
    elsewhere.close();
  });
});
