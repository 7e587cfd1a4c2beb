import { createServer } from 'node:http';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { freePort } from './free-port.ts';

export interface LoopbackIssuer {
  url: string;
  /** A token of an admin of this tenant, valid for an hour. */
  issueToken(tenant: string): Promise<string>;
  stop(): void;
}

/** An OpenID Connect issuer as far as an API needs one: discovery, keys over HTTP and tokens; its key lives as long as the run. */
export async function startIssuer(audience: string): Promise<LoopbackIssuer> {
  // API Gateway's JWT authorizer takes RSA keys only.
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const documents: Record<string, unknown> = {
    '/.well-known/openid-configuration': {
      issuer: url,
      jwks_uri: `${url}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ['RS256'],
    },
    '/.well-known/jwks.json': { keys: [{ ...publicJwk, kid, alg: 'RS256', use: 'sig' }] },
  };
  const server = createServer((request, response) => {
    const document = documents[request.url ?? ''];
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url,
    issueToken: async (tenant) =>
      new SignJWT({ tenant_id: tenant, roles: ['admin'] })
        .setProtectedHeader({ alg: 'RS256', kid })
        .setIssuer(url)
        .setAudience(audience)
        .setSubject(`admin@${tenant}`)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
    stop: () => server.close(),
  };
}
