import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { errorCatalog } from '../../../shared/core/error-catalog/error-catalog.ts';
import { InvariantError, McError } from '../../../shared/core/errors.ts';
import { defineOperation } from '../../../functions/middleware/define-operation.ts';
import { handleRequest } from '../../../functions/middleware/handle-request.ts';
import type { Operation, Reply } from '../../../functions/middleware/operation.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import type { Actor } from '../../../shared/tenant/actor.ts';
import { putMemberOp } from '../../../shared/tenant/tenant-store.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps } from '../../support/build-deps.ts';
import { buildRawRequest, problemIn } from '../../support/build-raw-request.ts';

const logged: unknown[] = [];
const log = (message: string, fields?: unknown): void => void logged.push([message, fields]);
const home = buildDeps({ logger: { info: log, warn: log, error: log } });
beforeAll(() => addTenant(home.deps));
afterAll(() => home.close());

const common = { tag: 'Home', summary: 'A test', responses: { 200: { description: 'Done' } } } as const;

const greet = defineOperation({
  ...common,
  id: 'startExecution',
  method: 'POST',
  path: '/greet/{name}',
  params: z.strictObject({ name: z.string().min(2) }),
  query: z.strictObject({ times: z.int().min(1).max(9).default(1), loud: z.boolean().optional() }),
  body: { kind: 'json', schema: z.strictObject({ words: z.array(z.string()).max(3) }), required: true, maxBytes: 100 },
  idempotencyKey: true,
  handle: async ({ params, query, body, idempotencyKey, actor }) => ({
    status: 200,
    json: {
      name: params.name,
      times: query.times,
      loud: query.loud ?? false,
      words: body.words,
      key: idempotencyKey ?? null,
      sub: actor.sub,
    },
  }),
});

const operator = (): ReturnType<typeof buildActor> => buildActor(['operator']);
const valid = { params: { name: 'Ada' }, query: 'times=3&loud=true', body: { words: ['hi'] }, authenticate: operator } as const;

function failing(error: unknown): Operation {
  return defineOperation({ ...common, id: 'getHealth', method: 'GET', path: '/fail', handle: () => Promise.reject(error) });
}

function answering(reply: Reply): Operation {
  return defineOperation({ ...common, id: 'getHealth', method: 'GET', path: '/answer', handle: async () => reply });
}

describe('a request that is right', () => {
  test('reaches the handler with parsed parameters, body, key and actor', async () => {
    const response = await handleRequest(greet, home.deps, buildRawRequest({ ...valid, headers: { 'idempotency-key': 'k-1' } }));
    expect(response.status).toBe(200);
    expect(JSON.parse(response.body as string)).toEqual({
      name: 'Ada',
      times: 3,
      loud: true,
      words: ['hi'],
      key: 'k-1',
      sub: 'operator@example.com',
    });
  });

  test('is answered with its id and headers that forbid caching, sniffing and framing', async () => {
    const { headers } = await handleRequest(greet, home.deps, buildRawRequest(valid));
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    expect(headers['x-request-id']).toMatch(/^req_[0-9A-Z]{26}$/);
    expect(headers).not.toHaveProperty('strict-transport-security');
  });

  test('under https is answered with strict transport security', async () => {
    const { headers } = await handleRequest(greet, home.deps, buildRawRequest({ ...valid, origin: 'https://mc.example' }));
    expect(headers['strict-transport-security']).toBe('max-age=63072000');
  });

  test('keeps the id its transport gave it', async () => {
    const { headers } = await handleRequest(greet, home.deps, buildRawRequest({ ...valid, requestId: 'abc' }));
    expect(headers['x-request-id']).toBe('abc');
  });
});

describe('authorisation', () => {
  const measured = (): number => home.metrics.samples(metricNames.authzMs).length;

  test('is measured whole, let in or not, and not where nobody is asked who they are', async () => {
    const before = measured();
    await handleRequest(greet, home.deps, buildRawRequest(valid));
    await handleRequest(greet, home.deps, buildRawRequest({ ...valid, authenticate: () => buildActor(['viewer']) }));
    await handleRequest(answering({ status: 200, json: 1 }), home.deps, buildRawRequest());
    expect(measured() - before).toBe(2);
  });

  test('takes the role of the stored member, and nobody of a tenant that is not there', async () => {
    const { tenant } = buildActor();
    const at = { updatedAt: '2026-01-01T00:00:00.000Z', updatedBy: 'admin' };
    const member = { subject: 'demoted', role: 'viewer', kind: 'person', suspended: false, ...at } as const;
    await home.table.write([putMemberOp(tenant, member)]);
    const asked = async (actor: Actor): Promise<unknown> =>
      problemIn(await handleRequest(greet, home.deps, buildRawRequest({ ...valid, authenticate: () => actor }))).code;
    expect(await asked({ ...buildActor(['operator']), sub: 'demoted' })).toBe('mc:auth:forbidden');
    expect(await asked(buildActor(['operator'], 'gone'))).toBe('mc:auth:unauthenticated');
  });
});

describe('a request that is wrong', () => {
  test('is told every problem of path, query, header and body at once, with pointers', async () => {
    const raw = buildRawRequest({
      params: { name: 'A' },
      query: 'times=12&colour=red&loud=maybe',
      headers: { 'idempotency-key': 'has a space' },
      body: { words: [1], extra: true },
      authenticate: operator,
    });
    const problem = problemIn(await handleRequest(greet, home.deps, raw));
    expect(problem).toMatchObject({
      status: 400,
      code: 'mc:request:invalid',
      type: 'https://maestro-conductor.dev/errors/request-invalid',
    });
    expect(problem.issues?.map(({ code, pointer }) => `${code} ${pointer}`).sort()).toEqual([
      'invalid-format /headers/idempotency-key',
      'invalid-type /query/loud',
      'invalid-type /words/0',
      'too-big /query/times',
      'too-small /path/name',
      'unknown-field /extra',
      'unknown-field /query/colour',
    ]);
  });

  test('may not give a query parameter twice', async () => {
    const problem = problemIn(await handleRequest(greet, home.deps, buildRawRequest({ ...valid, query: 'times=1&times=2' })));
    expect(problem.issues).toEqual([
      { code: 'repeated', pointer: '/query/times', message: 'is given more than once', allowed: 'one value' },
    ]);
  });

  test.each([
    ['a body that is not JSON', '{"words":', 'syntax'],
    ['a body that is not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'syntax'],
    ['a body of deep nesting', '['.repeat(99), 'syntax'],
    ['half of a surrogate pair', '{"words":["\\ud800"]}', 'syntax'],
    ['no body', undefined, 'required'],
  ])('with %s is refused with an issue at the root of the body', async (_, body, code) => {
    const raw = buildRawRequest({ ...valid, body, headers: { 'content-type': 'application/json' } });
    const problem = problemIn(await handleRequest(greet, home.deps, raw));
    expect(problem).toMatchObject({ status: 400, issues: [{ code, pointer: '' }] });
  });

  test.each(['text/plain', 'application/json; charset=latin1', ''])('with a body of type "%s" is refused with 415', async (contentType) => {
    const raw = buildRawRequest({ ...valid, body: '{}', headers: contentType === '' ? {} : { 'content-type': contentType } });
    expect(problemIn(await handleRequest(greet, home.deps, raw))).toMatchObject({ status: 415, code: 'mc:request:media-type' });
  });

  test('with a compressed body is refused with 415', async () => {
    const raw = buildRawRequest({ ...valid, headers: { 'content-encoding': 'gzip' } });
    expect(problemIn(await handleRequest(greet, home.deps, raw)).status).toBe(415);
  });

  test('is refused before its body is read when the role is missing', async () => {
    const readBody = (): never => {
      throw new Error('the body was read');
    };
    const raw = buildRawRequest({ ...valid, authenticate: () => buildActor(['viewer']) });
    const problem = problemIn(await handleRequest(greet, home.deps, { ...raw, readBody }));
    expect(problem).toMatchObject({ status: 403, code: 'mc:auth:forbidden' });
    expect(problem.detail).toContain('operator');
  });

  test('never gets more than a hundred issues back', async () => {
    const query = Array.from({ length: 500 }, (_, n) => `x${n}=1`).join('&');
    const problem = problemIn(await handleRequest(greet, home.deps, buildRawRequest({ ...valid, query })));
    expect(problem.issues).toHaveLength(100);
    expect(problem.detail).toContain('499 more');
  });
});

describe('an error', () => {
  test.each([
    ['a broken promise of our code', new InvariantError('hunter2')],
    ['a plain Error', new Error('hunter2')],
    ['a thrown string', 'hunter2'],
    ['an unexpected McError', new McError('mc:internal:unexpected', 'hunter2')],
  ])('of our own (%s) answers 500 with nothing of its text, which goes to the log', async (_, error) => {
    const response = await handleRequest(failing(error), home.deps, buildRawRequest());
    expect(problemIn(response)).toMatchObject({ status: 500, code: 'mc:internal:unexpected' });
    expect(response.body as string).not.toContain('hunter2');
    expect(inspect(logged.at(-1))).toContain('hunter2');
  });

  test('with a cause tells the cause to the log only', async () => {
    const error = new McError('mc:store:unavailable', 'The store does not answer.', { cause: new Error('host db-7') });
    const response = await handleRequest(failing(error), home.deps, buildRawRequest());
    expect(response.headers['retry-after']).toBe('5');
    expect(response.body as string).not.toContain('db-7');
    expect(inspect(logged.at(-1), { depth: 9 })).toContain('db-7');
  });

  test('of too much work says when to come back', async () => {
    const response = await handleRequest(failing(new McError('mc:host:overloaded', 'Too much.')), home.deps, buildRawRequest());
    expect(response).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  });

  test('of an unknown caller names the scheme that would be accepted', async () => {
    const response = await handleRequest(failing(new McError('mc:auth:unauthenticated', 'Who?')), home.deps, buildRawRequest());
    expect(response).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer realm="maestro-conductor"' } });
  });

  test('carries the issues of the use case', async () => {
    const issues = [{ code: 'cycle', pointer: '/tasks/0/needs', message: 'a needs itself', line: 4, column: 7 }];
    const response = await handleRequest(failing(new McError('mc:manifest:invalid', 'No.', { issues })), home.deps, buildRawRequest());
    const { fix } = errorCatalog['mc:manifest:invalid'];
    expect(problemIn(response)).toMatchObject({ status: 422, issues, detail: 'No.', fix, instance: response.headers['x-request-id'] });
  });
});

describe('an answer', () => {
  test('of denial is a 403 with every reason', async () => {
    const reason = { pack: 'residency', rule: 'residency.region', message: 'no', solution: 'move', input: 'EU', allowed: 'US' };
    const reply = { denied: [reason, reason], decisionId: 'dec_01K00000000000000000000000', detail: 'Denied.' };
    const response = await handleRequest(answering(reply), home.deps, buildRawRequest());
    expect(problemIn(response)).toMatchObject({ status: 403, code: 'mc:policy:denied', deny: [reason, reason] });
  });

  test('of bytes goes out untouched under its own media type', async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const response = await handleRequest(answering({ status: 200, bytes, mediaType: 'application/x-tar' }), home.deps, buildRawRequest());
    expect(response.body).toBe(bytes);
    expect(response.headers['content-type']).toBe('application/x-tar');
  });
});
