import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { operations } from '../../../functions/http/index.ts';
import type { Operation } from '../../../functions/middleware/operation.ts';
import { Problem } from '../../../functions/middleware/problem.ts';
import { Role } from '../../../shared/tenant/actor.ts';
import { buildSite, type TestSite } from '../../support/build-site.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import type { Clock } from '../../../shared/port/clock.ts';
import { purgeAuditEvents } from '../../../shared/retention/purge/purge-audit-events.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { pushPack } from '../../../shared/policy-catalog/push-pack.ts';
import { buildActor } from '../../support/build-deps.ts';
import { buildOwnPack, buildPolicyKey } from '../../support/build-own-pack.ts';
import { publishTestPackage } from '../../support/publish-test-package.ts';

/** In the name of everything that acme has; an answer to anybody else that holds it has leaked. */
const mark = 'acmes-own';

interface Target {
  /** Fills the parameter of the path. */
  id?: string;
  /** A text is sent as it is. */
  body?: unknown;
  mediaType?: string;
  /** Its answer is 200 with one problem a line. */
  answersByLine?: boolean;
}

let site: TestSite;
/** A request of every operation for something that acme has. */
let targets: Record<string, Target>;

beforeAll(async () => {
  site = await buildSite(operations);
  await publishTestPackage(site.home.deps, { name: `${mark}/echo` }, 'acme');
  const manifest = { name: mark, version: '1.0.0', tasks: [{ id: 'a', uses: `pkg:${mark}/echo@1.0.0`, with: { message: mark } }] };
  const Made = z.object({ id: z.string(), decisionId: z.string().optional() });
  const made = async (id: string, target: Target): Promise<z.infer<typeof Made>> =>
    Made.parse(await (await send(operationOf(id), target, await tokenOf('acme', 'admin'))).json());
  const workflow = await made('createWorkflow', { body: manifest });
  await made('publishWorkflow', { id: workflow.id });
  const execution = await made('startExecution', { body: { workflow: `${mark}@1.0.0` } });
  await send(operationOf('putMember'), { id: 'acme', body: { subject: mark, role: 'viewer' } }, await tokenOf('acme', 'admin'));
  const key = buildPolicyKey();
  const settings = { displayName: mark, policyKeys: [key.pem] };
  await send(operationOf('changeTenant'), { id: 'acme', body: settings }, await tokenOf('acme', 'admin'));
  await pushPack(site.home.deps, buildActor(['admin']), await buildOwnPack(key));
  const purge = await purgeOf(site);
  const scope = { kind: 'workflow', name: mark };
  const hold = await made('putHold', { id: 'acme', body: { scope, reason: mark } });
  targets = {
    ...Object.fromEntries(['getWorkflow', 'publishWorkflow'].map((id) => [id, { id: workflow.id }])),
    ...Object.fromEntries(
      ['getExecution', 'readLogs', 'getReceipt', 'getRunEgress', 'listEvidence', 'getDisclosure', 'listRunDecisions'].map((id) => [
        id,
        { id: execution.id },
      ]),
    ),
    ...Object.fromEntries(['getDecision', 'getDecisionReceipt'].map((id) => [id, { id: execution.decisionId ?? 'none' }])),
    ...Object.fromEntries(['getTenant', 'listMembers'].map((id) => [id, { id: 'acme' }])),
    ...Object.fromEntries(['getPolicyPack', 'getPolicyBundle'].map((id) => [id, { id: 'freeze' }])),
    getStatement: { id: execution.id },
    retirePolicyPack: { id: 'freeze', body: { reason: 'the freeze is over' } },
    // Rotations are the home's, and name no tenant.
    getKeyRotation: { id: 'rot_01K9ZZZZZZZZZZZZZZZZZZZZZZ' },
    planRun: { body: { workflow: `${mark}@1.0.0` } },
    startExecution: { body: { workflow: `${mark}@1.0.0` } },
    openWithheld: { id: execution.id, body: { reason: 'an audit' } },
    startExecutions: { body: `${JSON.stringify({ workflow: `${mark}@1.0.0` })}\n`, mediaType: 'application/x-ndjson', answersByLine: true },
    // The run never ends here, so a replay of it is a conflict to those who may see it.
    actOnExecution: { id: `${execution.id}:replay`, body: { reason: 'once more' } },
    ...Object.fromEntries(['showRetention', 'listHolds', 'listPurges'].map((id) => [id, { id: 'acme' }])),
    setRetention: { id: 'acme', body: { logs: 1, reason: 'less to look at' } },
    putHold: { id: 'acme', body: { scope: { kind: 'tenant' }, reason: 'a case' } },
    releaseHold: { id: 'acme', body: { hold: hold.id, reason: 'it is closed' } },
    purgeNow: { id: 'acme', body: { reason: 'room', dryRun: true } },
    getDeletionManifest: { id: purge },
    createTenant: { body: { id: 'gamma' } },
    changeTenant: { id: 'acme', body: { displayName: 'taken' } },
    putMember: { id: 'acme', body: { subject: 'eve@example.com', role: 'admin' } },
  };
});
afterAll(() => site.close());

/** A purge of acme: of the audit events that it has, as they are after eight years. */
async function purgeOf({ home: { deps } }: TestSite): Promise<string> {
  const acme = TenantId.parse('acme');
  const clock: Clock = { ...deps.clock, now: () => deps.clock.now() + 8 * 365 * 24 * 3_600_000, sleep: async () => undefined };
  await purgeAuditEvents({ ...deps, clock }, acme, () => true);
  const { items } = await queryPurges(deps, acme, { limit: 1 });
  return items[0]?.id ?? 'none';
}

function operationOf(id: string): Operation {
  const found = operations.find((operation) => operation.id === id);
  if (!found) throw new Error(`there is no operation ${id}`);
  return found;
}

const tokenOf = (tenant: string, role: Role): Promise<string> => site.token({ tenant, roles: [role], sub: `${role}@example.com` });

function send(
  { method, path }: Operation,
  { id = 'none', body, mediaType = 'application/json' }: Target,
  token: string,
): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': mediaType }) };
  return fetch(`${site.url}${path.replace(/\{\w+\}/, encodeURIComponent(id))}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

const LineAnswer = z.object({ problem: Problem });
/** Of the request, or of its one line. */
const Refusal = z.union([LineAnswer.transform(({ problem }) => problem), Problem]);

/** What only admins of the tenant that owns the home may do. */
const ownersOnly: readonly string[] = ['createTenant'];

const guarded = operations.filter(({ roles }) => roles !== 'public').map((operation) => [operation.id, operation] as const);

test('every operation on one thing has something of acme to be asked for', () => {
  const withPath = guarded.filter(([, { path }]) => path.includes('{')).map(([id]) => id);
  expect(withPath.filter((id) => targets[id] === undefined)).toEqual([]);
});

describe.each(guarded)('%s', (id, operation) => {
  test.each(Role.options)('answers another tenant’s %s as if there were nothing', async (role) => {
    const response = await send(operation, targets[id] ?? {}, await tokenOf('beta', role));
    const text = await response.text();
    if (!operation.roles.includes(role) || ownersOnly.includes(id)) expect(response.status).toBe(403);
    else if (targets[id]?.answersByLine) expect(LineAnswer.parse(JSON.parse(text)).problem.status).toBe(404);
    else if (targets[id] !== undefined) expect(response.status).toBe(404);
    // What was asked for may stand in the refusal of it; nothing else may.
    const isData = response.status === 200 && !targets[id]?.answersByLine;
    const answered = isData ? text : JSON.stringify(Refusal.parse(JSON.parse(text)).issues ?? []);
    expect(answered).not.toContain(mark);
  });

  test.each(Role.options)('answers the own tenant’s %s exactly when the role is listed', async (role) => {
    if (['changeTenant', 'putMember', 'retirePolicyPack', 'setRetention'].includes(id)) return;
    const { status } = await send(operation, targets[id] ?? {}, await tokenOf('acme', role));
    if (operation.roles.includes(role) && !ownersOnly.includes(id)) expect([401, 403]).not.toContain(status);
    else expect(status).toBe(403);
    expect(status).toBeLessThan(500);
  });
});

test('nothing of acme was changed by others', async () => {
  const token = await tokenOf('acme', 'admin');
  expect(await (await send(operationOf('getTenant'), { id: 'acme' }, token)).json()).toMatchObject({ displayName: mark, version: 3 });
  const members = await (await send(operationOf('listMembers'), { id: 'acme' }, token)).json();
  expect(members).toMatchObject({ items: [{ subject: mark, role: 'viewer' }] });
});
