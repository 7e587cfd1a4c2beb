/** The load generator against a server of a few lines: bytes on real sockets. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { BurstClient } from '../../../scripts/bench/burst-client.ts';
import { startedId } from '../../../scripts/bench/started-id.ts';

let server: Server;
let sockets: Socket[];
let requests: string[];

/** Answers every request with its number. */
async function listen(): Promise<string> {
  sockets = [];
  requests = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.setEncoding('utf8').on('data', (text: string) => {
      requests.push(text);
      const body = String(requests.length);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on TCP.
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** Connections as both ends see them. */
async function connected(connections: number): Promise<BurstClient> {
  const client = await BurstClient.connect(await listen(), 'token', connections);
  while (sockets.length < connections) await once(server, 'connection');
  return client;
}

const idle = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

describe('the load generator', () => {
  test('sends each call with its own body, one at a time on each connection', async () => {
    const client = await connected(2);
    const answers = await Promise.all(['a', 'b', 'b', 'é', 'a'].map((body) => client.post('/x', body)));
    expect(answers.map(Number).sort()).toEqual([1, 2, 3, 4, 5]);
    const bodies = requests.map((text) => text.slice(text.indexOf('\r\n\r\n') + 4));
    expect(bodies.sort()).toEqual(['a', 'a', 'b', 'b', 'é']);
    expect(requests.find((text) => text.endsWith('é'))).toContain('content-length: 2\r\n');
    client.close();
  });

  test('goes on with the other connections when the home closes idle ones, and says so when none is left', async () => {
    const client = await connected(3);
    for (const socket of sockets.slice(1)) socket.end('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n');
    await idle();
    await expect(Promise.all([client.post('/x', 'a'), client.post('/x', 'b')])).resolves.toHaveLength(2);
    for (const socket of sockets) socket.destroy();
    await idle();
    await expect(client.post('/x', 'c')).rejects.toThrow('closed every connection');
  });

  test('fails a call whose connection is closed before its answer, and those that wait for one', async () => {
    const client = await connected(1);
    server.removeAllListeners('connection');
    for (const socket of sockets) socket.removeAllListeners('data').once('data', () => socket.destroy());
    const calls = [client.post('/x', 'a'), client.post('/x', 'b')];
    await Promise.all(calls.map((call) => expect(call).rejects.toThrow('the home closed')));
  });
});

describe('the id in an answer', () => {
  const id = 'exec_01K00000000000000000000000';

  test('is that of the run', () => {
    expect(startedId(`{"id":"${id}","state":"running","tasks":[{"id":"first"}]}`)).toBe(id);
    expect(startedId(`{"index":3,"status":202,"execution":{"id":"${id}"}}`)).toBe(id);
  });

  test('is none where nothing was started', () => {
    const refused = `{"index":0,"status":409,"problem":{"detail":"which ${id} answered"}}`;
    expect(() => startedId(refused)).toThrow('nothing was started');
  });
});
