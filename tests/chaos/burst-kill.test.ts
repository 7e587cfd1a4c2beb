import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { BurstMessage, BurstReport } from './burst-report.ts';

const homeProgram = fileURLToPath(new URL('./burst-home.ts', import.meta.url));
const starts = 2_000;
const connections = 64;
const keys = Array.from({ length: starts }, (_, index) => `burst-${index}`);
/** Every tenth run fails and has to be undone. */
const isBad = (key: string): boolean => key.endsWith('7');

const good = `name: burst-good
version: 1.0.0
tasks:
  - { id: a, uses: 'pkg:demo/echo@1.0.0', with: { n: 1 } }
  - { id: b, uses: 'pkg:demo/echo@1.0.0', needs: [a] }
  - { id: c, uses: 'pkg:demo/echo@1.0.0', needs: [b] }
`;
const bad = `name: burst-bad
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: broken, uses: 'pkg:demo/fail@1.0.0', needs: [made] }
`;

interface Life {
  child: ChildProcess;
  post: (path: string, body: string, headers?: Record<string, string>) => Promise<string>;
}

let dataDir: string;
let children: ChildProcess[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mc-burst-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

/** The next thing that the home says. */
function hear(child: ChildProcess): Promise<BurstMessage> {
  return new Promise((resolve, reject) => {
    const die = (): void => reject(new Error('the home ended'));
    child.once('exit', die);
    child.once('message', (message) => {
      child.off('exit', die);
      resolve(message as BurstMessage); // Our own program says nothing else.
    });
  });
}

/** Starts the home, again or for the first time. */
async function live(): Promise<Life> {
  const child = fork(homeProgram, [dataDir]);
  children.push(child);
  const ready = await hear(child);
  if (ready.kind !== 'ready') throw new Error('the home said something else first');
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const post: Life['post'] = (path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const all = { 'content-type': 'application/json', authorization: `Bearer ${ready.token}`, ...headers };
      const sent = request(`${ready.url}${path}`, { method: 'POST', agent, headers: all }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject).on('end', () => ((response.statusCode ?? 500) < 300 ? resolve(text) : reject(new Error(text))));
      });
      sent.on('error', reject).end(body);
    });
  return { child, post };
}

const Started = z.object({ id: z.string() });
const workflowOf = (key: string): string => (isBad(key) ? 'burst-bad' : 'burst-good');

/** Starts these runs in one request and answers their ids: one by itself, several as a batch. */
async function start({ post }: Life, [key = '', ...others]: readonly string[]): Promise<string[]> {
  if (others.length === 0) {
    const text = await post('/api/executions', JSON.stringify({ workflow: workflowOf(key) }), { 'idempotency-key': key });
    return [Started.parse(JSON.parse(text)).id];
  }
  const lines = [key, ...others].map((one) => `${JSON.stringify({ workflow: workflowOf(one), idempotencyKey: one })}\n`);
  const text = await post('/api/executions:batch', lines.join(''), { 'content-type': 'application/x-ndjson' });
  const answers = text.trimEnd().split('\n');
  return answers.map((line) => z.object({ execution: Started }).parse(JSON.parse(line)).execution.id);
}

/** Sends every start at once, notes who was answered with what, and kills the home after so many answers, if any. */
async function burst(
  life: Life,
  { batch, answered }: { batch: number; answered: Map<string, string[]> },
  killAfter = Infinity,
): Promise<void> {
  let heard = 0;
  const requests = Array.from({ length: starts / batch }, (_, at) => keys.slice(at * batch, (at + 1) * batch));
  const ended = requests.map(async (some) => {
    for (const [at, id] of (await start(life, some)).entries()) {
      const key = some[at] ?? '';
      answered.set(key, [...(answered.get(key) ?? []), id]);
      if (++heard === killAfter) life.child.kill('SIGKILL');
    }
  });
  const died = killAfter < Infinity && once(life.child, 'exit');
  const results = await Promise.allSettled(ended);
  await died;
  const refused = results.filter(({ status }) => status === 'rejected');
  if (killAfter < Infinity) expect(refused.length).toBeGreaterThan(0);
  else expect(refused).toEqual([]);
}

test.each([
  ['2,000 starts', 1],
  ['2,000 starts in batches of 100', 100],
])(
  'killed twice in a burst of %s, a home finishes every run it accepted: one each, one receipt each, and slots and money balance',
  async (_what, batch) => {
    const answered = new Map<string, string[]>();
    const first = await live();
    for (const text of [good, bad]) {
      const { id } = Started.parse(JSON.parse(await first.post('/api/workflows', text, { 'content-type': 'application/yaml' })));
      await first.post(`/api/workflows/${id}/publish`, '{}');
    }
    await burst(first, { batch, answered }, 600);
    await burst(await live(), { batch, answered }, 1_400);
    const last = await live();
    await burst(last, { batch, answered });
    last.child.send('report');
    const report = await hear(last.child);
    if (report.kind !== 'report') throw new Error('the home said something else');
    last.child.disconnect();
    await once(last.child, 'exit');

    expect(answered.size).toBe(starts);
    const ids = [...answered.values()].map((heard) => new Set(heard));
    expect(ids.every(({ size }) => size === 1)).toBe(true);
    const byId = new Map(report.runs.map((run) => [run.id, run]));
    expect([byId.size, report.runs.length]).toEqual([starts, starts]);
    for (const [key, [id = '']] of answered) {
      const tasks = isBad(key) ? 'broken failed/none, made succeeded/done' : 'a succeeded/none, b succeeded/none, c succeeded/none';
      expect(byId.get(id)).toMatchObject({ state: isBad(key) ? 'failed' : 'succeeded', verified: true, receipts: 1, tasks });
    }
    expectBalance(report);
    expectEffects(readFileSync(join(dataDir, 'effects.log'), 'utf8'));
  },
  300_000,
); // Some 15 s on two idle cores.

function expectBalance({ runs, inUse, open, days, ledger }: BurstReport): void {
  expect({ inUse, open }).toEqual({ inUse: 0, open: 0 });
  const spent = runs.reduce((sum, { costUsdMicros }) => sum + costUsdMicros, 0);
  const sumOf = (field: keyof BurstReport['days'][number]): number => days.reduce((sum, day) => sum + day[field], 0);
  expect([sumOf('reservedUsdMicros'), sumOf('measuredUsdMicros'), sumOf('committedUsdMicros')]).toEqual([0, spent, spent]);
  const costs = new Map(runs.map(({ id, costUsdMicros }) => [id, costUsdMicros]));
  expect(ledger).toHaveLength(starts);
  expect(
    ledger.every(({ basis, executionId, measuredUsdMicros }) => basis === 'measured' && costs.get(executionId) === measuredUsdMicros),
  ).toBe(true);
}

/** No attempt ran twice, every task and compensation reached the world, and what a kill repeated carries its old key. */
function expectEffects(log: string): void {
  const attempts = log.trim().split('\n');
  expect(new Set(attempts).size).toBe(attempts.length);
  const effects = new Set(attempts.map((line) => line.split(' ')[0] ?? ''));
  expect(effects.size).toBe(3 * starts); // Three tasks, or two and a compensation.
}
