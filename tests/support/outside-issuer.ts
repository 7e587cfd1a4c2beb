/** An OpenID Connect issuer on loopback whose documents and tokens a test owns. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';

export interface TestIssuer {
  url: string;
  /** What is served by path; a test may change it. */
  documents: Record<string, unknown>;
  sign(claims?: JWTPayload, header?: { kid?: string }): Promise<string>;
  close(): void;
}

export async function startTestIssuer(alg: 'RS256' | 'ES256' | 'ES384' = 'RS256'): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  const documents: Record<string, unknown> = {};
  const server = createServer((request, response) => {
    const document = documents[request.url ?? ''];
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  documents['/.well-known/openid-configuration'] = { issuer: url, jwks_uri: `${url}/keys` };
  documents['/keys'] = { keys: [{ ...jwk, kid, use: 'sig' }] };
  const sign: TestIssuer['sign'] = (claims = {}, header = {}) =>
    new SignJWT({ sub: 'eve', tenant_id: 'local', roles: ['viewer'], iss: url, aud: 'maestro-conductor', ...claims })
      .setProtectedHeader({ alg, kid, ...header })
      .setExpirationTime('1h')
      .sign(privateKey);
  return { url, documents, sign, close: () => server.close() };
}
