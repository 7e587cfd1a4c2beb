/** Starts against a server that answers as a home does. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BurstClient } from '../../../scripts/bench/burst-client.ts';
import { sendBatch, sendStart } from '../../../scripts/bench/send-starts.ts';

const id = `exec_${'0'.repeat(26)}`;
const started = { status: 202, execution: { id, state: 'running' } };
const full = { status: 429, problem: { code: 'mc:host:overloaded', status: 429 } };
const deniedBy = (rule: string): typeof full & { problem: { deny: unknown } } => ({
  status: 403,
  problem: { code: 'mc:policy:denied', status: 403, deny: [{ pack: 'quotas', rule }] },
});
const atQuota = deniedBy('quotas.concurrency');
const denied = deniedBy('quotas.region');

let server: Server;
let client: BurstClient;
/** What the next request is answered. */
let answer: { status: number; body: string };
let asked: string[];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push(`${request.url} ${body.trimEnd().split('\n').length}`);
      response.writeHead(answer.status, { 'content-length': Buffer.byteLength(answer.body) }).end(answer.body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = await BurstClient.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'token', 1);
});
afterEach(async () => {
  client.close();
  server.close();
  await once(server, 'close');
});

const lines = (...values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

test('a start is a run, or refused with too many open ones; any other refusal is an error', async () => {
  answer = { status: 202, body: JSON.stringify(started.execution) };
  expect((await sendStart(client)).id).toBe(id);
  answer = { status: 429, body: JSON.stringify(full.problem) };
  expect((await sendStart(client)).id).toBeUndefined();
  answer = { status: 403, body: JSON.stringify(atQuota.problem) };
  expect((await sendStart(client)).id).toBeUndefined();
  answer = { status: 403, body: JSON.stringify(denied.problem) };
  await expect(sendStart(client)).rejects.toThrow('the home answered 403');
});

test('each line of a batch is, and so is all of one that is refused whole', async () => {
  answer = { status: 200, body: lines(started, full, atQuota, started) };
  expect((await sendBatch(client, 4)).map((start) => start.id)).toEqual([id, undefined, undefined, id]);
  expect(asked).toEqual(['/api/executions:batch 4']);
  answer = { status: 429, body: JSON.stringify(full.problem) };
  expect((await sendBatch(client, 2)).map((start) => start.id)).toEqual([undefined, undefined]);
  answer = { status: 200, body: lines(started, denied) };
  await expect(sendBatch(client, 2)).rejects.toThrow('nothing was started');
});
