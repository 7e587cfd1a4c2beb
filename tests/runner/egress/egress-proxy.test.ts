import { stat } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { EgressProxyOptions } from '../../../runner/egress/egress-proxy.ts';
import { EgressHarness, talk } from '../../support/egress-proxy-harness.ts';

let harness = new EgressHarness();
afterEach(async () => {
  await harness.close();
  harness = new EgressHarness();
});

const connectTo = (target: string, more = ''): string => `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${more}\r\n`;
const statusOf = (answer: string): string => answer.split(' ', 2)[1] ?? '';
const rule = (host: string, ...ports: number[]): { host: string; ports: number[] } => ({ host, ports });
const publicAddress = '8.8.8.8';

describe('a listed target', () => {
  test('is connected to the address that was looked at, and its bytes are counted', async () => {
    const port = await harness.http();
    const { proxy, path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'] },
      { allow: [rule('API.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`] },
    );
    const inside = 'GET /inside HTTP/1.1\r\nHost: x\r\n\r\n';
    const answer = await talk(path, `${connectTo(`api.example.com:${port}`)}${inside}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*hello/);
    expect(harness.seen).toEqual([expect.objectContaining({ url: '/inside' })]);
    const { rows, ...rest } = proxy.trace();
    const bytes = answer.length - answer.indexOf('\r\n\r\n') - 4 + inside.length;
    expect(rows).toEqual([{ host: 'api.example.com', port, verdict: 'allowed', reason: 'listed', count: 1, bytes }]);
    expect(rest).toEqual({ mode: 'enforce', enforced: true, unlisted: 0, blocked: 0, wouldBlock: 0 });
  });

  test('is reached by a plain HTTP request, which arrives without what concerned only the proxy', async () => {
    const port = await harness.http();
    const { proxy, path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'] },
      { allow: [rule('api.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`] },
    );
    const head = [`POST http://api.example.com:${port}/a?b=c HTTP/1.1`, `Host: api.example.com:${port}`, 'Proxy-Authorization: Basic eDp5'];
    const more = ['Connection: x-secret', 'X-Secret: 1', 'X-Kept: 2', 'Transfer-Encoding: chunked'];
    const answer = await talk(path, `${[...head, ...more].join('\r\n')}\r\n\r\n4\r\nbody\r\n0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*hello/);
    const [seen] = harness.seen;
    expect(seen).toMatchObject({ method: 'POST', url: '/a?b=c', body: 'body' });
    expect(seen?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())).toEqual([
      'host',
      'x-kept',
      'connection',
      'transfer-encoding',
    ]);
    expect(proxy.trace().rows).toEqual([expect.objectContaining({ verdict: 'allowed', port })]);
  });

  test.each(['GET', 'DELETE', 'POST'])('gets a body as a body, whatever the task says of the length (%s)', async (method) => {
    const port = await harness.http();
    const { path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'] },
      { allow: [rule('api.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`] },
    );
    const hidden = 'POST /hidden HTTP/1.1\r\nHost: other.example.com\r\nContent-Length: 0\r\n\r\n';
    const head = [`${method} http://api.example.com:${port}/seen HTTP/1.1`, `Host: api.example.com:${port}`];
    const more = ['Connection: Content-Length , host', `Content-Length: ${hidden.length}`];
    expect(statusOf(await talk(path, `${[...head, ...more].join('\r\n')}\r\n\r\n${hidden}`))).toBe('200');
    expect(harness.seen).toEqual([expect.objectContaining({ method, url: '/seen', body: hidden })]);
    expect(harness.seen[0]?.rawHeaders).toEqual(expect.arrayContaining(['host', `api.example.com:${port}`]));
  });

  test('that has no address, or where nobody listens, has failed and was not blocked', async () => {
    const gone = await harness.http();
    await harness.close();
    const { proxy, path } = await harness.proxy(
      { 'here.example.com': ['127.0.0.1'] },
      { allow: [rule('here.example.com', gone), rule('nowhere.example.com', 443)], loopbackTargets: [`127.0.0.1:${gone}`] },
    );
    expect(statusOf(await talk(path, connectTo('nowhere.example.com:443')))).toBe('502');
    expect(statusOf(await talk(path, connectTo(`here.example.com:${gone}`)))).toBe('502');
    expect(proxy.trace()).toMatchObject({
      blocked: 0,
      rows: [
        { host: 'nowhere.example.com', verdict: 'failed', reason: 'unresolved' },
        { host: 'here.example.com', verdict: 'failed', reason: 'unreachable' },
      ],
    });
  });
});

describe('a target outside of the list', () => {
  test.each([
    ['another host', 'evil.example.com:443'],
    ['another port', 'api.example.com:22'],
    ['a host below', 'x.api.example.com:443'],
    ['a host above', 'example.com:443'],
    ['a listed name as the beginning', 'api.example.com.evil.example:443'],
    ['an address', '8.8.8.8:443'],
    ['an IPv6 address', '[2606:4700:4700::1111]:443'],
    ['the mail port', 'api.example.com:25'],
  ])('is refused without asking for its address: %s', async (_, target) => {
    const { proxy, path } = await harness.proxy({}, { allow: [rule('api.example.com', 443)] });
    expect(await talk(path, connectTo(target))).toMatch(/^HTTP\/1\.1 403 [\s\S]*X-Mc-Egress: not-listed/);
    expect(harness.resolved).toEqual([]);
    expect(proxy.trace()).toMatchObject({ blocked: 1, rows: [{ verdict: 'blocked', reason: 'not-listed', count: 1, bytes: 0 }] });
  });

  test('is refused to a plain HTTP request too', async () => {
    const { path } = await harness.proxy({}, { allow: [rule('api.example.com', 443)] });
    expect(statusOf(await talk(path, 'GET http://api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n\r\n'))).toBe('403');
    expect(harness.resolved).toEqual([]);
  });

  test('and an empty list let nothing through', async () => {
    const { proxy, path } = await harness.proxy({ 'api.example.com': [publicAddress] });
    expect(statusOf(await talk(path, connectTo('api.example.com:443')))).toBe('403');
    expect(proxy.trace().blocked).toBe(1);
  });
});

describe('a private address', () => {
  const privateAddresses = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fd00:ec2::254', '::ffff:127.0.0.1', '64:ff9b::7f00:1'];

  test.each(privateAddresses)('is refused, although the name is listed: %s', async (address) => {
    const port = await harness.http();
    const { proxy, path } = await harness.proxy({ 'api.example.com': [address] }, { allow: [rule('api.example.com', port)] });
    expect(await talk(path, connectTo(`api.example.com:${port}`))).toMatch(/403 [\s\S]*X-Mc-Egress: private-address/);
    expect(harness.connections).toBe(0);
    expect(proxy.trace()).toMatchObject({ blocked: 1, rows: [{ reason: 'private-address' }] });
  });

  test('among public ones refuses all of them', async () => {
    const { path } = await harness.proxy({ 'api.example.com': [publicAddress, '10.0.0.1'] }, { allow: [rule('api.example.com', 443)] });
    expect(await talk(path, connectTo('api.example.com:443'))).toContain('private-address');
  });

  test('of this machine is refused although it is public, however it is written', async () => {
    const own = ['8.8.8.8', '2606:4700::1'];
    for (const address of ['8.8.8.8', '2606:4700:0:0::0001']) {
      const { path } = await harness.proxy(
        { 'api.example.com': [address] },
        { allow: [rule('api.example.com', 443)], ownAddresses: () => own },
      );
      expect(await talk(path, connectTo('api.example.com:443'))).toContain('private-address');
    }
  });

  test('is refused as a listed literal', async () => {
    const { path } = await harness.proxy({}, { allow: [rule('169.254.169.254', 80)] });
    const answer = await talk(path, 'GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n');
    expect(answer).toMatch(/403 [\s\S]*private-address/);
  });

  test('given by a second answer of the name server is never asked for', async () => {
    const port = await harness.http();
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    const { proxy, path } = await harness.proxy(
      { 'api.example.com': () => answers.shift() ?? [] },
      { allow: [rule('api.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`] },
    );
    expect(statusOf(await talk(path, `${connectTo(`api.example.com:${port}`)}GET / HTTP/1.1\r\nHost: x\r\n\r\n`))).toBe('200');
    expect(harness.resolved).toHaveLength(1);
    // The next call asks anew, and what it then gets is judged anew.
    expect(await talk(path, connectTo(`api.example.com:${port}`))).toContain('private-address');
    expect(proxy.trace()).toMatchObject({ blocked: 1 });
  });

  test('on loopback is reached only at the very port that a test allows', async () => {
    const [open, shut] = [await harness.http(), await harness.http()];
    const { path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'] },
      { allow: [rule('api.example.com', open, shut)], loopbackTargets: [`127.0.0.1:${open}`] },
    );
    expect(await talk(path, connectTo(`api.example.com:${shut}`))).toContain('private-address');
    expect(harness.connections).toBe(0);
  });
});

describe('shadow mode', () => {
  test('lets through what is not on the list, and writes it down', async () => {
    const port = await harness.http();
    const { proxy, path } = await harness.proxy(
      { 'new.example.com': ['127.0.0.1'] },
      { mode: 'shadow', allow: [rule('api.example.com', 443)], loopbackTargets: [`127.0.0.1:${port}`] },
    );
    expect(await talk(path, `${connectTo(`new.example.com:${port}`)}GET / HTTP/1.1\r\nHost: x\r\n\r\n`)).toContain('hello');
    expect(proxy.trace()).toMatchObject({
      mode: 'shadow',
      blocked: 0,
      wouldBlock: 1,
      rows: [{ verdict: 'would-block', reason: 'not-listed' }],
    });
  });

  test('never lets a private address through', async () => {
    const port = await harness.http();
    const { proxy, path } = await harness.proxy({ 'new.example.com': ['127.0.0.1'] }, { mode: 'shadow' });
    for (const target of [`new.example.com:${port}`, `127.0.0.1:${port}`, '169.254.169.254:80'])
      expect(await talk(path, connectTo(target))).toContain('private-address');
    expect(harness.connections).toBe(0);
    expect(proxy.trace()).toMatchObject({ blocked: 3, wouldBlock: 0 });
  });

  test('counts a host outside of the list even when it cannot be reached', async () => {
    const { proxy, path } = await harness.proxy({}, { mode: 'shadow' });
    await talk(path, connectTo('nowhere.example.com:443'));
    expect(proxy.trace()).toMatchObject({ wouldBlock: 1, rows: [{ verdict: 'would-block', reason: 'unresolved' }] });
  });
});

describe('an odd request', () => {
  const listed = 'api.example.com:443';
  const odd: Readonly<Record<string, string>> = {
    'HTTP/1.0': `CONNECT ${listed} HTTP/1.0\r\nHost: ${listed}\r\n\r\n`,
    'no Host': `CONNECT ${listed} HTTP/1.1\r\n\r\n`,
    'another Host': `CONNECT ${listed} HTTP/1.1\r\nHost: evil.example.com:443\r\n\r\n`,
    'two Hosts': connectTo(listed, `Host: ${listed}\r\n`),
    'a body by length': connectTo(listed, 'Content-Length: 5\r\n'),
    'a body by chunks': connectTo(listed, 'Transfer-Encoding: chunked\r\n'),
    'a path as target': connectTo('/api.example.com:443'),
    'credentials in the target': connectTo(`x@${listed}`),
    'a bare line feed': `CONNECT ${listed} HTTP/1.1\nHost: ${listed}\n\n`,
    'a folded header': connectTo(listed, 'X-A: b\r\n c\r\n'),
    'a space before the colon': connectTo(listed, 'X-A : b\r\n'),
    'no HTTP': '\u0016\u0003\u0001 hello\r\n\r\n',
    'an origin form': 'GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n',
    'TLS without a tunnel': 'GET https://api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n\r\n',
    'both lengths': `POST http://api.example.com:443/ HTTP/1.1\r\nHost: ${listed}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'two lengths': `POST http://api.example.com:443/ HTTP/1.1\r\nHost: ${listed}\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody`,
    'an unknown coding': `POST http://api.example.com:443/ HTTP/1.1\r\nHost: ${listed}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    'another Host than the URI': `GET http://api.example.com:443/ HTTP/1.1\r\nHost: evil.example.com\r\n\r\n`,
    'an upgrade': `GET http://api.example.com:443/ HTTP/1.1\r\nHost: ${listed}\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n`,
  };

  test.each(Object.entries(odd))('is refused: %s', async (_, text) => {
    const { proxy, path } = await harness.proxy({ 'api.example.com': [publicAddress] }, { allow: [rule('api.example.com', 443)] });
    expect(statusOf(await talk(path, text))).toBe('400');
    expect(harness.resolved).toEqual([]);
    expect(proxy.trace().rows.filter(({ verdict }) => verdict === 'allowed')).toEqual([]);
  });

  test('of more than 8 KiB of headers is refused, and so is one that never ends', async () => {
    const { proxy, path } = await harness.proxy({}, { allow: [rule('api.example.com', 443)], limits: { headMs: 200 } });
    expect(statusOf(await talk(path, connectTo(listed, `X-A: ${'a'.repeat(9_000)}\r\n`)))).toBe('400');
    expect(statusOf(await talk(path, `CONNECT ${listed} HTTP/1.1\r\nHost: ${listed}\r\nX-A: a`))).toBe('400');
    expect(proxy.trace()).toMatchObject({ blocked: 2, rows: [{ host: '', port: 0, reason: 'malformed', count: 2 }] });
  });

  test('behind an honest one on the same connection is not read', async () => {
    const port = await harness.http();
    const { proxy, path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'], 'other.example.com': ['127.0.0.1'] },
      { allow: [rule('api.example.com', port), rule('other.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`] },
    );
    const get = (host: string, path: string): string => `GET http://${host}:${port}${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`;
    const first = get('api.example.com', '/first');
    await talk(path, `${first}${get('other.example.com', '/second')}`);
    expect(harness.seen.map(({ url }) => url)).toEqual(['/first']);
    await talk(path, `${first}${connectTo(`other.example.com:${port}`)}`);
    expect(harness.resolved).not.toContain('other.example.com');
    expect(proxy.trace()).toMatchObject({ blocked: 1 });
  });
});

describe('an odd answer', () => {
  test.each([
    ['a status out of range', 'HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-x\r\n'],
    ['nothing', ''],
    ['endless headers', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(10_000)}\r\n\r\n`],
  ])('ends the call and nothing else: %s', async (_, bytes) => {
    const port = await harness.raw(bytes);
    const { path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'] },
      { allow: [rule('api.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`] },
    );
    const request = `GET http://api.example.com:${port}/ HTTP/1.1\r\nHost: api.example.com:${port}\r\n\r\n`;
    expect(statusOf(await talk(path, request))).toBe('502');
    expect(harness.connections).toBe(1);
    expect(statusOf(await talk(path, connectTo('evil.example.com:443')))).toBe('403');
  });
});

describe('a tunnel', () => {
  /** Ways to a server, through a proxy with these limits; what it gives connects, and has read the proxy's answer and nothing behind it. */
  async function open(serve: (socket: Socket) => void, limits: EgressProxyOptions['limits'] = {}): Promise<() => Promise<Socket>> {
    const port = await harness.tcp(serve);
    const rules = { allow: [rule('api.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`], limits };
    const { path } = await harness.proxy({ 'api.example.com': ['127.0.0.1'] }, rules);
    return async () => {
      const client = connect({ path, allowHalfOpen: true });
      client.on('error', () => undefined).write(connectTo(`api.example.com:${port}`));
      const [answer] = (await once(client, 'data')) as [Buffer];
      expect(statusOf(answer.toString())).toBe('200');
      client.pause().unshift(answer.subarray(answer.indexOf('\r\n\r\n') + 4));
      return client;
    };
  }

  /** All that comes until the other side has ended. */
  async function rest(client: Socket): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of client) chunks.push(chunk as Buffer); // No encoding was set.
    return Buffer.concat(chunks);
  }

  test('gives all that the server sent before its end to a task that reads late', async () => {
    const sizes = [100_000, 230_000, 260_000, 1_000_000];
    for (const size of sizes) {
      const client = await (await open((socket) => socket.once('data', () => socket.end(Buffer.alloc(size)))))();
      client.end('x');
      await pause(300);
      expect((await rest(client)).length).toBe(size);
    }
  });

  test('gives the server all that a task sent before its end, and the task what the server says to that', async () => {
    let received = 0;
    const client = await (
      await open((socket) => {
        socket.pause().on('data', (chunk: Buffer) => (received += chunk.length));
        setTimeout(() => socket.resume(), 300);
        socket.once('end', () => socket.end(`got ${received}`));
      })
    )();
    client.end(Buffer.alloc(1_000_000));
    expect((await rest(client)).toString()).toBe('got 1000000');
  });

  test('still tells the server something after it has said all', async () => {
    let received = '';
    const client = await (
      await open((socket) => {
        socket.end('bye');
        socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
      })
    )();
    expect((await rest(client)).toString()).toBe('bye');
    client.end('thank you');
    await once(client, 'close');
    await pause(100);
    expect(received).toBe('thank you');
  });

  test('that the server breaks off is ended', async () => {
    const client = await (await open((socket) => socket.once('data', () => socket.resetAndDestroy())))();
    client.write('x');
    expect((await rest(client)).length).toBe(0);
  });

  test('that the task does not read from is not kept for ever', async () => {
    const another = await open((socket) => socket.end(Buffer.alloc(3_000_000)), { openConnections: 1, idleMs: 100 });
    // Twice as many connections as may be open are taken.
    const stuck = [await another()];
    await pause(500);
    stuck.push(await another());
    await pause(500);
    stuck.push(await another());
    for (const client of stuck) client.destroy();
  });
});

describe('limits', () => {
  test('of bytes end every connection of the attempt', async () => {
    const port = await harness.raw(Buffer.alloc(300_000));
    const { proxy, path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'] },
      { allow: [rule('api.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`], limits: { bytes: 100_000 } },
    );
    const answer = await talk(path, `${connectTo(`api.example.com:${port}`)}x`);
    expect(answer.length).toBeLessThan(300_000);
    expect(statusOf(await talk(path, connectTo(`api.example.com:${port}`)))).toBe('429');
    expect(proxy.trace()).toMatchObject({ blocked: 2, rows: [{ verdict: 'allowed' }, { verdict: 'blocked', reason: 'limit', count: 2 }] });
  });

  test('of open connections and of connections at all refuse the next one', async () => {
    const port = await harness.http();
    const { path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'] },
      {
        allow: [rule('api.example.com', port)],
        loopbackTargets: [`127.0.0.1:${port}`],
        limits: { openConnections: 1, connections: 3 },
      },
    );
    const target = connectTo(`api.example.com:${port}`);
    const held = connect({ path });
    held.write(target);
    await new Promise((resolve) => held.once('data', resolve));
    expect(statusOf(await talk(path, target))).toBe('429');
    held.destroy();
    await pause(100);
    const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
    expect(statusOf(await talk(path, `${target}${request}`))).toBe('200');
    expect(statusOf(await talk(path, `${target}${request}`))).toBe('429');
  });

  test('of connections that say nothing keep descriptors for others', async () => {
    const { path } = await harness.proxy({}, { limits: { openConnections: 1 } });
    const silent = [connect({ path }), connect({ path })];
    await Promise.all(silent.map((client) => new Promise((resolve) => client.once('connect', resolve))));
    expect(await talk(path, connectTo('api.example.com:443'))).toBe('');
    for (const client of silent) client.destroy();
    await pause(100);
    expect(statusOf(await talk(path, connectTo('api.example.com:443')))).toBe('403');
  });

  test('of rows keep the trace small, and everything is counted', async () => {
    const { proxy, path } = await harness.proxy({}, { allow: [rule('api.example.com', 443)] });
    for (let n = 0; n < 20; n += 1) await talk(path, connectTo(`h${n}.example.com:443`));
    const { rows, unlisted, blocked } = proxy.trace();
    expect(rows).toHaveLength(6);
    expect({ unlisted, blocked }).toEqual({ unlisted: 14, blocked: 20 });
  });

  test('of idle time end a tunnel on which nothing moves', async () => {
    const port = await harness.http();
    const { path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'] },
      { allow: [rule('api.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`], limits: { idleMs: 100 } },
    );
    const before = performance.now();
    expect(statusOf(await talk(path, connectTo(`api.example.com:${port}`)))).toBe('200');
    expect(performance.now() - before).toBeLessThan(4_000);
  });
});

describe('a server that never answers', () => {
  test('is not waited for longer than the idle time', async () => {
    const port = await harness.tcp(() => undefined);
    const { path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'] },
      { allow: [rule('api.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`], limits: { idleMs: 100 } },
    );
    const request = `GET http://api.example.com:${port}/ HTTP/1.1\r\nHost: api.example.com:${port}\r\n\r\n`;
    expect(statusOf(await talk(path, request))).toBe('502');
  });
});

describe('a stopped proxy', () => {
  test('has ended its tunnels and left no socket', async () => {
    const port = await harness.http();
    const { proxy, path } = await harness.proxy(
      { 'api.example.com': ['127.0.0.1'] },
      { allow: [rule('api.example.com', port)], loopbackTargets: [`127.0.0.1:${port}`] },
    );
    const open = talk(path, connectTo(`api.example.com:${port}`));
    await pause(100);
    const before = performance.now();
    await proxy.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(statusOf(await open)).toBe('200');
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('was never started where its path does not fit a socket', async () => {
    await expect(harness.proxy({}, { path: `/tmp/${'x'.repeat(120)}` })).rejects.toMatchObject({ code: 'mc:runner:refused' });
  });
});
