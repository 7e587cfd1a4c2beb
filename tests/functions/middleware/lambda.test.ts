import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { handler as getManifestSchema } from '../../../functions/http/home/get-manifest-schema.ts';
import { handler as whoami } from '../../../functions/http/home/whoami.ts';
import { handler as pushPackage } from '../../../functions/http/packages/push-package.ts';
import { handler as createWorkflow } from '../../../functions/http/workflows/create-workflow.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { newTenant } from '../../../shared/tenant/open-tenant.ts';
import { createTenantOp, putMemberOp } from '../../../shared/tenant/tenant-store.ts';
import type { Member } from '../../../shared/tenant/tenant.ts';
import { newUsageOp } from '../../../shared/tenant/usage.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startLoopbackDynamo } from '../../support/loopback-dynamo.ts';
import { setAwsEnvironment } from '../aws-environment.ts';

setAwsEnvironment();

const acme = TenantId.parse('acme');
const suspended: Member = {
  ...{ subject: 'user-2', role: 'admin', kind: 'person', suspended: true },
  ...{ updatedAt: '2026-01-01T00:00:00.000Z', updatedBy: 'admin' },
};
const ops = [
  createTenantOp(newTenant({ clock: new FakeClock() }, { id: acme, createdBy: 'test' })),
  newUsageOp(acme),
  putMemberOp(acme, suspended),
];

let close: () => void;
beforeAll(async () => {
  const { url, server } = await startLoopbackDynamo(ops.flatMap((op) => (op.kind === 'put' ? [op.item] : [])));
  process.env['AWS_ENDPOINT_URL'] = url;
  close = () => server.close();
});
afterAll(() => close());

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
}

const claims = { sub: 'user-1', tenant_id: 'acme', roles: '[admin viewer]' };

/** An event of API Gateway (payload 2.0), as recorded from a deployed API. */
function event(more: object = {}, authorizer: object | null = { jwt: { claims, scopes: null } }): object {
  const requestContext = {
    accountId: '1',
    domainName: 'abc.execute-api.eu-central-1.amazonaws.com',
    requestId: 'request-1',
    stage: '$default',
  };
  return {
    version: '2.0',
    rawQueryString: '',
    headers: { 'X-Mixed-Case': '1' },
    requestContext: { ...requestContext, ...(authorizer && { authorizer }) },
    isBase64Encoded: false,
    ...more,
  };
}

const call = async (handler: (event: unknown, context: unknown) => Promise<unknown>, from: object): Promise<Answer> =>
  (await handler(from, {})) as Answer;

describe('an operation behind API Gateway', () => {
  test('knows its caller from the verified claims, lists written as one string included', async () => {
    const answer = await call(whoami, event());
    expect(answer).toMatchObject({ statusCode: 200, isBase64Encoded: false });
    expect(JSON.parse(answer.body)).toMatchObject({ subject: 'user-1', tenant: 'acme', roles: ['admin', 'viewer'] });
  });

  test('gives nobody a role whose name is only a word of a role of theirs', async () => {
    const [sub, tenant_id] = [claims.sub, claims.tenant_id];
    const flat = { jwt: { claims: { sub, tenant_id, roles: '[team admin viewer]' } } };
    const bearer = (payload: object): string => `Bearer e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;
    const rolesOf = async (authorization: string): Promise<unknown> => {
      const answer = await call(whoami, event({ headers: { Authorization: authorization } }, flat));
      return answer.statusCode === 200 ? (JSON.parse(answer.body) as { roles: unknown }).roles : answer.statusCode;
    };
    expect(await rolesOf(bearer({ sub, tenant_id, roles: ['team admin', 'viewer'] }))).toEqual(['viewer']);
    expect(await rolesOf(bearer({ sub, tenant_id, roles: ['team', 'admin', 'viewer'] }))).toEqual(['admin', 'viewer']);
    // No other token than the one that was verified says anything.
    expect(await rolesOf(bearer({ sub: 'user-9', tenant_id, roles: ['admin'] }))).toBe(401);
    expect(await rolesOf(bearer({ sub, tenant_id: 'beta', roles: ['admin'] }))).toBe(401);
    expect(await rolesOf('Bearer x.y')).toBe(401);
    expect(await rolesOf(`${bearer({ sub, tenant_id, roles: ['viewer'] })},${bearer({ sub, tenant_id, roles: ['admin'] })}`)).toBe(401);
  });

  test('refuses a caller without claims, however the route was configured', async () => {
    const answer = await call(whoami, event({}, null));
    expect(answer.statusCode).toBe(401);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'mc:auth:unauthenticated', instance: 'request-1' });
  });

  test('refuses a subject with half a character, which no receipt could name', async () => {
    expect((await call(whoami, event({}, { jwt: { claims: { ...claims, sub: 'half \ud83d' } } }))).statusCode).toBe(401);
  });

  test('knows a suspended member from the table, whatever the claims say', async () => {
    const answer = await call(whoami, event({}, { jwt: { claims: { ...claims, sub: 'user-2' } } }));
    expect([answer.statusCode, JSON.parse(answer.body)]).toMatchObject([403, { code: 'mc:auth:forbidden' }]);
  });

  test('that is public answers without claims and without a service', async () => {
    const answer = await call(getManifestSchema, event({}, null));
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/schema+json',
      'x-request-id': 'request-1',
      'strict-transport-security': expect.any(String),
    });
  });

  test('reads a body in base64 and refuses one that is too large', async () => {
    const body = Buffer.alloc(6 * 1024 * 1024).toString('base64');
    const answer = await call(pushPackage, event({ body, isBase64Encoded: true, headers: { 'content-type': 'application/x-tar' } }));
    expect(answer.statusCode).toBe(413);
  });

  test('reports the problems of a body as the embedded home does', async () => {
    const answer = await call(createWorkflow, event({ body: 'name: x', headers: { 'content-type': 'application/yaml' } }));
    expect(answer.statusCode).toBe(422);
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'mc:manifest:invalid',
      issues: expect.arrayContaining([expect.objectContaining({ line: 1 })]),
    });
  });
});
