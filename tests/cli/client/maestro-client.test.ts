import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiProblem } from '../../../cli/client/api-problem.ts';
import { answerLimits } from '../../../cli/client/answer-limits.ts';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import { archiveLimits } from '../../../policy/engine/untar.ts';

interface Canned {
  status: number;
  mediaType: string;
  text: string;
  headers?: Record<string, string>;
}

const problem = {
  type: 'https://example.com',
  title: 'Denied by policy',
  status: 403,
  code: 'mc:policy:denied',
  detail: 'no',
  instance: 'req_1',
  deny: [{ pack: 'p', rule: 'p.r', message: 'm', solution: 's', input: 'i', allowed: 'a' }],
};

describe('the client', () => {
  let server: Server;
  let url: string;
  let canned: Canned = { status: 200, mediaType: 'application/json', text: '{}' };
  let seen: IncomingMessage | undefined;

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen = request;
      request.resume().once('end', () => {
        response.writeHead(canned.status, { 'content-type': canned.mediaType, ...canned.headers }).end(canned.text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`; // It listens on TCP.
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const answer = (status: number, text: string, mediaType = 'application/json', headers: Record<string, string> = {}): void => {
    canned = { status, text, mediaType, headers };
  };
  const failure = async (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => 'succeeded',
      (error: unknown) => error,
    );

  test('turns a problem into an error with code, status, issues and reasons', async () => {
    answer(403, JSON.stringify(problem), 'application/problem+json');
    const error = await failure(new MaestroClient({ url }).whoami());
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({
      code: 'mc:policy:denied',
      status: 403,
      message: 'no',
      deny: problem.deny,
      issues: [],
      instance: 'req_1',
    });
  });

  test('gives errors of gateways a code, too', async () => {
    const expected = [
      [401, 'mc:auth:unauthenticated'],
      [413, 'mc:request:too-large'],
      [429, 'mc:host:overloaded'],
      [502, 'mc:host:unreachable'],
      [500, 'mc:internal:unexpected'],
    ] as const;
    for (const [status, code] of expected) {
      answer(status, '<html>sorry</html>', 'text/html');
      expect(await failure(new MaestroClient({ url }).whoami())).toMatchObject({ status, code });
    }
    answer(400, '{"cut off', 'application/problem+json');
    expect(await failure(new MaestroClient({ url }).whoami())).toMatchObject({ code: 'mc:request:invalid' });
  });

  test('says whose token a home refused', async () => {
    answer(401, '{"detail":"It is too old."}', 'application/problem+json');
    const shown = new MaestroClient({ url, token: 'a', tokenSource: 'MC_TOKEN' });
    expect(await failure(shown.whoami())).toMatchObject({ status: 401, message: 'It is too old. The token came from MC_TOKEN.' });
    expect(await failure(new MaestroClient({ url, token: 'a' }).whoami())).toMatchObject({ message: 'It is too old.' });
    expect(await failure(new MaestroClient({ url }).whoami())).toMatchObject({ message: 'It is too old.' });
    answer(401, '<html>', 'text/html');
    expect(await failure(new MaestroClient({ url }).whoami())).toMatchObject({ message: 'No token was sent.' });
    answer(403, '{"detail":"Not you."}', 'application/problem+json');
    expect(await failure(shown.whoami())).toMatchObject({ message: 'Not you.' });
  });

  test('refuses a success that is not one of ours', async () => {
    for (const text of ['<html>', '{"subject":1}']) {
      answer(200, text);
      expect(await failure(new MaestroClient({ url }).whoami())).toMatchObject({ code: 'mc:internal:unexpected' });
    }
  });

  test('takes no more of an answer than such an answer has', async () => {
    const client = new MaestroClient({ url });
    const calls: [keyof typeof answerLimits, () => Promise<unknown>][] = [
      ['checkpoint', () => client.getLogCheckpoint()],
      ['tile', () => client.getLogTile('0/000')],
      ['trustedRoot', () => client.getTrustedRoot()],
      ['bundle', () => client.getReceipt('exec_1')],
      ['policyBundle', () => client.getPolicyBundle('pii')],
      ['piece', () => client.getDisclosurePart('exec_1', 0)],
      ['piece', () => client.openWithheld('exec_1', { part: 0, reason: 'r' })],
    ];
    const headers = { 'x-disclosure-part-bytes': '1', 'x-disclosure-parts': '1' };
    for (const [kind, call] of calls) {
      answer(200, '.'.repeat(answerLimits[kind]), 'application/octet-stream', headers);
      expect(await failure(call())).toBe('succeeded');
      answer(200, '.'.repeat(answerLimits[kind] + 1), 'application/octet-stream', headers);
      const message = expect.stringMatching(
        new RegExp(`^\\w+ /api/\\S+ is answered with \\d+ bytes.*; allowed are ${String(answerLimits[kind])}\\.$`),
      );
      expect(await failure(call())).toMatchObject({ code: 'mc:cli:answer-too-large', message });
    }
    expect(answerLimits.policyBundle).toBe(archiveLimits.packedBytes);
  });

  test('stops reading an answer without an end', async () => {
    let sent = 0;
    const endless = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const chunk = Buffer.alloc(64 * 1024, '.');
      const more = (): void => {
        for (let room = true; room && !response.destroyed; sent += chunk.length) room = response.write(chunk);
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    const { port } = endless.address() as AddressInfo; // It listens on TCP.
    const client = new MaestroClient({ url: `http://127.0.0.1:${String(port)}` });
    const error = await failure(client.getLogCheckpoint());
    expect(error).toMatchObject({ code: 'mc:cli:answer-too-large', message: expect.stringContaining('bytes and more; allowed are') });
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    endless.closeAllConnections();
    endless.close();
  });

  test('does not carry its token to where a redirect points', async () => {
    answer(302, '', 'text/plain', { location: 'http://127.0.0.1:9/' });
    expect(await failure(new MaestroClient({ url, token: 'secret' }).whoami())).toMatchObject({ code: 'mc:host:unreachable' });
  });

  test('sends token, media type, idempotency key and escaped references', async () => {
    answer(404, JSON.stringify({ code: 'mc:execution:not-found' }));
    const client = new MaestroClient({ url: `${url}/`, token: 'secret' });
    await failure(client.startExecution({ workflow: 'abc' }, { idempotencyKey: 'k1' }));
    expect(seen?.headers).toMatchObject({ authorization: 'Bearer secret', 'content-type': 'application/json', 'idempotency-key': 'k1' });
    await failure(client.getWorkflow('../keys?x=1'));
    expect(seen?.url).toBe('/api/workflows/..%2Fkeys%3Fx%3D1');
    await failure(client.listExecutions({ limit: 2, cursor: 'a&b' }));
    expect(seen?.url).toBe('/api/executions?limit=2&cursor=a%26b');
  });

  test('says so when nothing listens and when no answer comes', async () => {
    expect(await failure(new MaestroClient({ url: 'http://127.0.0.1:9' }).whoami())).toMatchObject({
      code: 'mc:host:unreachable',
      status: 503,
    });
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address() as AddressInfo; // It listens on TCP.
    const waiting = new MaestroClient({ url: `http://127.0.0.1:${String(address.port)}`, timeoutMs: 100 });
    expect(await failure(waiting.whoami())).toMatchObject({ code: 'mc:host:unreachable' });
    silent.closeAllConnections();
    silent.close();
  });
});
