/** A batch as bytes on the wire: what is read of them and what is answered, over HTTP, with the engine and the packs behind it. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { operations } from '../../../functions/http/index.ts';
import { Problem } from '../../../functions/middleware/problem.ts';
import { listExecutions } from '../../../shared/execution/read/list-executions.ts';
import { buildSite, type TestSite } from '../../support/build-site.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const manifest = `name: numbered
version: 1.0.0
inputs: { n: { type: integer, default: 0 }, text: { type: string, default: '' } }
tasks:
  - { id: only, uses: 'pkg:demo/echo@1.0.0', with: { n: '\${{ inputs.n }}' } }
`;

const Line = z.object({
  index: z.int(),
  status: z.int(),
  execution: z.object({ id: z.string() }).optional(),
  replayed: z.literal(true).optional(),
  problem: Problem.optional(),
});
type Line = z.infer<typeof Line>;

let engine: Engine;
let site: TestSite;

async function open(options: Parameters<typeof openEngine>[0] = {}): Promise<void> {
  engine = await openEngine(options);
  await engine.publish(manifest);
  site = await buildSite(operations, engine.home.deps);
}
afterEach(async () => {
  await site.close();
  await engine.close();
});

const numbered = (n: number, more: object = {}): string => JSON.stringify({ workflow: 'numbered', inputs: { n }, ...more });
const bytes = (...parts: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));

async function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> {
  const authorization = `Bearer ${await site.token()}`;
  const sent = { authorization, 'content-type': 'application/x-ndjson', ...headers };
  return fetch(`${site.url}/api/executions:batch`, { method: 'POST', headers: sent, body });
}

async function linesOf(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Line[]> {
  const response = await post(body, headers);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  const text = await response.text();
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => Line.parse(JSON.parse(line)));
}

async function refusal(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Problem> {
  const response = await post(body, headers);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = Problem.parse(await response.json());
  expect(response.status).toBe(problem.status);
  return problem;
}

const statuses = (lines: readonly Line[]): number[] => lines.map(({ status }) => status);
const ids = (lines: readonly Line[]): (string | undefined)[] => lines.map(({ execution }) => execution?.id);

async function startedRuns(): Promise<number> {
  return (await listExecutions(engine.home.deps, engine.actor, { limit: 100 })).items.length;
}

describe('the lines of a batch', () => {
  test('end in LF or CRLF, the last one with the body; blank ones are skipped and not counted', async () => {
    await open();
    const lines = await linesOf(`\n${numbered(1)}\r\n  \t\r\n\n${numbered(2)}\n${numbered(3)}`);
    expect(lines.map(({ index, status }) => [index, status])).toEqual([
      [0, 202],
      [1, 202],
      [2, 202],
    ]);
    for (const [at, id] of ids(lines).entries()) {
      await engine.finish(id ?? '');
      expect(engine.attempts.find(({ executionId }) => executionId === id)?.inputs).toEqual({ n: at + 1 });
    }
  });

  test('that are no JSON, no UTF-8, no start or too long are answered each for itself, with the line in the file, and the others start', async () => {
    await open();
    const long = numbered(4, { inputs: { text: 'x'.repeat(256 * 1024) } });
    const noText = bytes('{"workflow":"', new Uint8Array([0xff, 0xfe]), '"}');
    const body = bytes(numbered(1), '\n\n', '{"workflow":\n', noText, '\n', '{"inputs":{}}\n', long, '\n', numbered(2), '\n');
    const lines = await linesOf(body);
    expect(statuses(lines)).toEqual([202, 400, 400, 400, 413, 202]);
    const codes = lines.map(({ problem }) => problem?.code);
    expect(codes.slice(1, 5)).toEqual([...Array<string>(3).fill('mc:request:invalid'), 'mc:request:too-large']);
    expect(lines[1]?.problem?.issues?.[0]).toMatchObject({ code: 'syntax', line: 3 });
    expect(lines[2]?.problem).toMatchObject({ detail: expect.stringContaining('UTF-8'), issues: [{ line: 4 }] });
    expect(lines[3]?.problem?.issues?.[0]).toMatchObject({ pointer: '/workflow' });
    expect(lines[4]?.problem?.detail).toContain(String(256 * 1024));
    expect(await startedRuns()).toBe(2);
  });

  test('that are equal are runs of their own with what the line says, and where such lines are wrong each names its place', async () => {
    await open();
    const wrong = '{"workflow":';
    const lines = await linesOf([numbered(1), numbered(1), numbered(2), numbered(1), wrong, wrong].join('\n'));
    expect(statuses(lines)).toEqual([202, 202, 202, 202, 400, 400]);
    expect(new Set(ids(lines).slice(0, 4)).size).toBe(4);
    for (const id of ids(lines).slice(0, 4)) await engine.finish(id ?? '');
    const inputsOf = (id: string | undefined): unknown => engine.attempts.find(({ executionId }) => executionId === id)?.inputs;
    expect(ids(lines).slice(0, 4).map(inputsOf)).toEqual([{ n: 1 }, { n: 1 }, { n: 2 }, { n: 1 }]);
    expect(lines.slice(4).map(({ problem }) => problem?.issues?.[0]?.line)).toEqual([5, 6]);
  });

  test('of which there are none, too many or too much are one problem, and nothing is started', async () => {
    await open();
    for (const body of ['', '\n \r\n\n'])
      expect(await refusal(body)).toMatchObject({ code: 'mc:request:invalid', issues: [{ code: 'required' }] });
    expect(await refusal(`${numbered(1)}\n`.repeat(501))).toMatchObject({
      code: 'mc:request:too-large',
      detail: expect.stringContaining('500'),
    });
    expect(await refusal(' '.repeat(4 * 1024 * 1024 + 1))).toMatchObject({ code: 'mc:request:too-large' });
    expect(await refusal(numbered(1), { 'content-type': 'application/json' })).toMatchObject({ code: 'mc:request:media-type' });
    expect(await startedRuns()).toBe(0);
  });

  test('of an answer are runs without tasks, or problems of which a defect of ours says nothing', async () => {
    await open({
      faults: {
        hit: (point) => {
          if (point === 'admit:after-blobs') throw new Error('the disk of /secret/path is gone');
        },
      },
    });
    const [line] = await linesOf(numbered(1));
    expect(line).toMatchObject({ index: 0, status: 500, problem: { code: 'mc:internal:unexpected' } });
    expect(JSON.stringify(line)).not.toContain('secret');
  });
});

describe('keys of a batch', () => {
  test('the header stands for all lines: again answers the same runs, and a line that changed a conflict', async () => {
    await open();
    const headers = { 'idempotency-key': 'nightly' };
    const first = await linesOf(`${numbered(1)}\n${numbered(2)}\n`, headers);
    const again = await linesOf(`${numbered(1)}\r\n\r\n${numbered(2)}`, headers);
    expect(ids(again)).toEqual(ids(first));
    expect([first, again].map((lines) => lines.map(({ replayed }) => replayed))).toEqual([
      [undefined, undefined],
      [true, true],
    ]);
    const changed = await linesOf(`${numbered(1)}\n${numbered(7)}\n`, headers);
    expect(changed[0]).toMatchObject({ status: 202, replayed: true });
    expect(changed[1]).toMatchObject({ status: 409, problem: { code: 'mc:idempotency:conflict' } });
    expect(await startedRuns()).toBe(2);
  });

  test('a line goes by its own, and one that no header could carry is refused', async () => {
    await open();
    const first = await linesOf(numbered(1, { idempotencyKey: 'own' }));
    const again = await linesOf(`${numbered(2)}\n${numbered(1, { idempotencyKey: 'own' })}\n`, { 'idempotency-key': 'all' });
    expect(ids(again)[1]).toBe(ids(first)[0]);
    // `all 0` is how the first line of that batch is remembered; no caller reaches it.
    const [forged] = await linesOf(numbered(2, { idempotencyKey: 'all 0' }));
    expect(forged).toMatchObject({ status: 400, problem: { issues: [{ pointer: '/idempotencyKey' }] } });
    expect(await startedRuns()).toBe(2);
  });

  test('after a crash in the middle the same batch starts what is missing, and nothing twice', async () => {
    let left = 2;
    await open({
      faults: {
        hit: (point) => {
          if (point === 'admit:after-write' && left-- <= 0) throw new Error('power is gone');
        },
      },
    });
    const body = [1, 2, 3, 4].map((n) => `${numbered(n)}\n`).join('');
    const headers = { 'idempotency-key': 'nightly' };
    expect(statuses(await linesOf(body, headers)).toSorted()).toEqual([202, 202, 500, 500]);
    left = Number.POSITIVE_INFINITY;
    expect(new Set(ids(await linesOf(body, headers))).size).toBe(4);
    expect(await startedRuns()).toBe(4);
  });
});

describe('limits of the tenant', () => {
  test('a cap of three lets a batch of ten start exactly three, and every other line has the reasons', async () => {
    await open({ tenant: { quota: { maxConcurrent: 3, resourceClasses: ['small', 'medium', 'large'] } } });
    const held = Promise.withResolvers<void>();
    engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, until: held.promise }));
    const lines = await linesOf(Array.from({ length: 10 }, (_, n) => `${numbered(n)}\n`).join(''));
    expect(statuses(lines).toSorted()).toEqual([...Array<number>(3).fill(202), ...Array<number>(7).fill(403)]);
    for (const { problem } of lines)
      if (problem)
        expect(problem).toMatchObject({
          code: 'mc:policy:denied',
          decisionId: expect.any(String),
          deny: [{ rule: 'quotas.concurrency', solution: expect.any(String) }],
        });
    expect(await startedRuns()).toBe(3);
    held.resolve();
    for (const id of ids(lines)) if (id !== undefined) await engine.finish(id);
  });
});
