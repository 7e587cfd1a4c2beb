import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openIssuer } from '../../../cli/host/issuer.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildSite } from '../../support/build-site.ts';

let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => home.close());

test('the key is made once, for this user only, and is the same after a restart', async () => {
  const first = await openIssuer(home.folder, home.clock);
  const second = await openIssuer(home.folder, home.clock);
  expect(second.jwks).toEqual(first.jwks);
  expect(statSync(join(home.folder, 'keys', 'issuer.pem')).mode & 0o777).toBe(0o600);
});

test('the published key set holds no private part', async () => {
  const { jwks } = await openIssuer(home.folder, home.clock);
  expect(jwks.keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
  expect(jwks.keys[0]).not.toHaveProperty('d');
});

test('a key that others may read is refused', async () => {
  await openIssuer(home.folder, home.clock);
  chmodSync(join(home.folder, 'keys', 'issuer.pem'), 0o644);
  await expect(openIssuer(home.folder, home.clock)).rejects.toMatchObject({ code: 'mc:key:unreadable' });
});

test('discovery names the issuer by which its tokens are signed and where its keys are', async () => {
  const site = await buildSite([]);
  const discovery: unknown = await (await fetch(`${site.url}/.well-known/openid-configuration`)).json();
  expect(discovery).toMatchObject({ issuer: site.url, jwks_uri: `${site.url}/.well-known/jwks.json` });
  expect(await (await fetch(`${site.url}/.well-known/jwks.json`)).json()).toEqual(site.issuer.jwks);
  await site.close();
});
