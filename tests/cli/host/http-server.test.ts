import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { connect, Socket, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ByteBudget } from '../../../cli/host/body/byte-budget.ts';
import { HttpExchange } from '../../../cli/host/http-exchange.ts';
import { closeServer, mount, openPort } from '../../../cli/host/http-server.ts';
import { defineOperation } from '../../../functions/middleware/define-operation.ts';
import type { Actor } from '../../../shared/tenant/actor.ts';
import { buildActor } from '../../support/build-deps.ts';
import { buildSite, type TestSite } from '../../support/build-site.ts';

const common = { tag: 'Home', summary: 'A test', responses: { 200: { description: 'Done' } } } as const;
const maxBytes = 1024;

const echo = defineOperation({
  ...common,
  id: 'getDocs',
  method: 'POST',
  path: '/echo/{name}',
  params: z.strictObject({ name: z.string() }),
  body: { kind: 'bytes', mediaTypes: ['application/octet-stream'], maxBytes },
  handle: async ({ params, body }) => ({ status: 200, json: { name: params.name, bytes: body.length } }),
});

const hello = defineOperation({
  ...common,
  id: 'getHealth',
  method: 'GET',
  path: '/hello',
  handle: async () => ({ status: 200, json: 'hello' }),
});
const all = defineOperation({
  ...common,
  id: 'getOpenApi',
  method: 'POST',
  path: '/things:all',
  handle: async () => ({ status: 200, json: 'all' }),
});
const guarded = defineOperation({
  ...common,
  id: 'pushPackage',
  method: 'POST',
  path: '/guarded',
  body: { kind: 'bytes', mediaTypes: ['application/octet-stream'], maxBytes },
  handle: async () => ({ status: 200, json: 1 }),
});

let site: TestSite;
beforeAll(async () => {
  site = await buildSite([echo, hello, all, guarded]);
});
afterAll(() => site.close());

const octets = { 'content-type': 'application/octet-stream' };

/** Sends raw bytes and reads until the server closes the connection. */
async function sendRaw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(site.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  return text(socket);
}

describe('routing', () => {
  test('decodes path parameters', async () => {
    const response = await fetch(`${site.url}/echo/a%20b%40c`, { method: 'POST', headers: octets, body: 'xyz' });
    expect(await response.json()).toEqual({ name: 'a b@c', bytes: 3 });
  });

  test('knows a colon in a path as itself', async () => {
    expect((await fetch(`${site.url}/things:all`, { method: 'POST' })).status).toBe(200);
    expect((await fetch(`${site.url}/thingsXall`, { method: 'POST' })).status).toBe(404);
  });

  test.each(['/nothing', '/hello/', '/HELLO', '/%zz', '//hello', '/echo/'])('answers 404 for %s', async (path) => {
    const response = await fetch(`${site.url}${path}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'mc:request:not-found', status: 404 });
  });

  test.each(['GET', 'HEAD'])('shows %s of the root the way to the documentation', async (method) => {
    const response = await fetch(`${site.url}/`, { method, redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/docs']);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await fetch(`${site.url}/?q=1`, { method, redirect: 'manual' })).status).toBe(302);
    expect((await fetch(`${site.url}/`, { method: 'POST', redirect: 'manual' })).status).toBe(404);
  });

  test.each(['DELETE', 'PUT', 'POST', 'OPTIONS', 'PROPFIND'])('answers 405 with the methods there are for %s', async (method) => {
    const response = await fetch(`${site.url}/hello`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect(await response.json()).toMatchObject({ code: 'mc:request:method' });
  });

  test('answers HEAD like GET, without the body', async () => {
    const [get, head] = await Promise.all([fetch(`${site.url}/hello`), fetch(`${site.url}/hello`, { method: 'HEAD' })]);
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    expect(await head.text()).toBe('');
  });
});

describe('a body', () => {
  test('of exactly the limit is taken, one byte more is refused', async () => {
    const send = (size: number): Promise<Response> =>
      fetch(`${site.url}/echo/x`, { method: 'POST', headers: octets, body: Buffer.alloc(size) });
    expect((await send(maxBytes)).status).toBe(200);
    expect((await send(maxBytes + 1)).status).toBe(413);
  });

  test('of 10 MB is refused with 413 at once', async () => {
    const started = performance.now();
    const response = await fetch(`${site.url}/echo/x`, { method: 'POST', headers: octets, body: Buffer.alloc(10_000_000) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'mc:request:too-large', detail: expect.stringContaining('10000000') });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('that grows beyond the limit without having said so is refused with 413', async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let n = 0; n < 50; n++) controller.enqueue(new Uint8Array(100));
        controller.close();
      },
    });
    const response = await fetch(`${site.url}/echo/x`, { method: 'POST', headers: octets, body, duplex: 'half' });
    expect(response.status).toBe(413);
  });

  test('announced as too large is refused before it is sent', async () => {
    const head = `POST /echo/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-type: application/octet-stream\r\n`;
    const refused = await sendRaw(`${head}content-length: 99999999\r\n\r\n`);
    expect(refused).toMatch(/^HTTP\/1\.1 413 /);
    const taken = await sendRaw(`${head}content-length: 2\r\n\r\nok`);
    expect(taken).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });

  test('of an unknown caller is not read: the answer comes while it is still being sent', async () => {
    const answer = await sendRaw(`POST /guarded HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1000\r\n\r\nfirst`);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });
});

test('a caller who goes while the token is looked at leaves nothing reserved for a body that never comes', async () => {
  // As much as bodies may take together.
  const large = defineOperation({
    ...common,
    id: 'pushPackage',
    method: 'POST',
    path: '/large',
    body: { kind: 'bytes', mediaTypes: ['application/octet-stream'], maxBytes: 64 * 1024 * 1024 },
    handle: async ({ body }) => ({ status: 200, json: body.length }),
  });
  const begun = Promise.withResolvers<undefined>();
  const known = Promise.withResolvers<undefined>();
  const server = await openPort({ host: '127.0.0.1', port: 0 });
  const gone = Promise.withResolvers<undefined>();
  server.on('connection', (socket) => socket.once('close', () => gone.resolve(undefined)));
  const authenticate = async (): Promise<Actor> => {
    begun.resolve(undefined);
    await known.promise;
    return buildActor(['admin']);
  };
  mount(server, { operations: [large], deps: site.home.deps, authenticate, origin: site.url });
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  const caller = connect(port, '127.0.0.1');
  caller.write(`POST /large HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: ${64 * 1024 * 1024}\r\n\r\n`);
  await begun.promise;
  caller.destroy();
  await gone.promise;
  known.resolve(undefined);
  const next = await fetch(`http://127.0.0.1:${port}/large`, { method: 'POST', headers: octets, body: 'xyz' });
  const answer = [next.status, await next.text()];
  await closeServer(server);
  expect(answer).toEqual([200, '3']);
});

describe('a request', () => {
  const lines = defineOperation({
    ...common,
    id: 'startExecutions',
    method: 'POST',
    path: '/lines',
    body: { kind: 'lines', schema: z.number(), maxBytes, maxLines: 10, maxLineBytes: 100, example: '1' },
    handle: async () => ({ status: 200, json: 'read' }),
  });

  test('is counted as one start, and as the lines that it has once they are read, until it was answered', async () => {
    const counted: string[] = [];
    const counting = await buildSite([hello, lines], {}, (starts) => {
      counted.push(`+${starts}`);
      return () => void counted.push(`-${starts}`);
    });
    const send = async (body: string): Promise<string[]> => {
      const headers = { authorization: `Bearer ${await counting.token()}`, 'content-type': 'application/x-ndjson' };
      await (await fetch(`${counting.url}/lines`, { method: 'POST', headers, body })).text();
      await delay(20); // The connection hears of its end after its caller.
      return counted.splice(0);
    };
    try {
      await (await fetch(`${counting.url}/hello`)).text();
      await delay(20);
      expect(counted.splice(0)).toEqual(['+1', '-1']);
      expect(await send('1\n2\n\n3\n')).toEqual(['+1', '-1', '+3', '-3']);
      expect(await send('\n')).toEqual(['+1', '-1']);
      expect(await send('1\n'.repeat(11))).toEqual(['+1', '-1']);
    } finally {
      await counting.close();
    }
  });
});

test('a request whose caller has gone is not counted again when its body turns out to have lines', () => {
  let counted = 0;
  const request = new IncomingMessage(new Socket());
  const exchange = new HttpExchange(request, { authenticate: () => buildActor(), origin: '', budget: new ByteBudget(0) }, undefined);
  exchange.countBy((starts) => {
    counted += starts;
    return () => void (counted -= starts);
  });
  exchange.end();
  exchange.standsFor(5);
  expect(counted).toBe(0);
});

describe('what is not HTTP', () => {
  test('is refused with a problem and the connection is closed', async () => {
    const answer = await sendRaw('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"code":"mc:request:invalid"');
  });

  test('as headers over 32 KB is refused with 431', async () => {
    expect(await sendRaw(`GET /hello HTTP/1.1\r\nhost: x\r\nx-large: ${'a'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('as a request with both a length and chunks is refused', async () => {
    const answer = await sendRaw('POST /echo/x HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a port', () => {
  test('in use is reported as such', async () => {
    const port = Number(new URL(site.url).port);
    await expect(openPort({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'mc:host:port-in-use' });
  });

  test('of an address that is not ours is reported as such', async () => {
    await expect(openPort({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'mc:host:port-refused' });
  });
});

test('closing lets a running request finish', async () => {
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<undefined>();
  const { promise: hasBegun, resolve: begin } = Promise.withResolvers<undefined>();
  const slow = defineOperation({
    ...common,
    id: 'getHealth',
    method: 'GET',
    path: '/slow',
    handle: async () => {
      begin(undefined);
      await mayEnd;
      return { status: 200, json: 'done' };
    },
  });
  const other = await buildSite([slow]);
  const running = fetch(`${other.url}/slow`);
  await hasBegun;
  const closing = other.close();
  end(undefined);
  expect(await (await running).json()).toBe('done');
  await closing;
  await expect(fetch(`${other.url}/slow`)).rejects.toThrow();
});
