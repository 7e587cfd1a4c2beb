import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { z } from 'zod';
import { Actor } from '../../shared/tenant/actor.ts';
import { freePort } from './free-port.ts';

const TokenSubject = Actor.pick({ sub: true, roles: true }).extend({ tenant: z.string() });
type TokenSubject = z.infer<typeof TokenSubject>;

export interface LoopbackIssuer {
  url: string;
  /** A token of this caller, valid for an hour. */
  issueToken(subject: TokenSubject): Promise<string>;
  stop(): void;
}

/**
 * An OpenID Connect issuer as far as an API needs one: discovery, keys over HTTP, and at POST /token a token for whom the body names, so that
 * the suites, in a process of their own, can be anybody. Its key lives as long as the run.
 */
export async function startIssuer(audience: string): Promise<LoopbackIssuer> {
  // API Gateway's JWT authorizer takes RSA keys only.
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const issueToken: LoopbackIssuer['issueToken'] = ({ tenant, sub, roles }) =>
    new SignJWT({ tenant_id: tenant, roles })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuer(url)
      .setAudience(audience)
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey);
  const documents: Record<string, unknown> = {
    '/.well-known/openid-configuration': {
      issuer: url,
      jwks_uri: `${url}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ['RS256'],
    },
    '/.well-known/jwks.json': { keys: [{ ...publicJwk, kid, alg: 'RS256', use: 'sig' }] },
  };
  const answerToken = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const subject = TokenSubject.safeParse(await json(request));
    if (subject.success) response.end(await issueToken(subject.data));
    else response.writeHead(400).end();
  };
  const server = createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/token') {
      answerToken(request, response).catch(() => response.destroy());
      return;
    }
    const document = documents[request.url ?? ''];
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url, issueToken, stop: () => server.close() };
}
