import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { handler } from '../../../functions/task/compensate-run.ts';
import { digestJson } from '../../../shared/core/digest.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { headKey, taskKey, type ExecutionRecord } from '../../../shared/execution/execution-record.ts';
import type { StoredTask } from '../../../shared/execution/task-record.ts';
import { startLoopbackDynamo } from '../../support/loopback-dynamo.ts';
import { setAwsEnvironment } from '../aws-environment.ts';

setAwsEnvironment();

const minuteMs = 60_000;
const tenant = TenantId.parse('acme');
const executionId = idSchema('exec').parse('exec_01M7Z5XX3XTXWQYQ6MTAK13V6S');
const uses = 'pkg:demo/echo@1.0.0';

const head = {
  ...{ id: executionId, tenant, region: 'eu-central-1', sandbox: 'node-permission', createdBy: 'user-1' },
  ...{ state: 'compensating', outcome: 'failed', error: { taskId: 'bad', failure: 'error', message: 'no' }, receiptId: null },
  workflow: { name: 'undone', version: '1.0.0', digest: digestJson('manifest') },
  ...{ createdAt: 0, startedAt: 0, endedAt: null, deadlineAt: 0, budgetDay: null },
  ...{ inputs: { digest: digestJson({}), sizeBytes: 2 }, inputBytes: 2, files: {}, outputs: null },
  ...{ estimatedCostUsdMicros: 0, estimatedCostHighUsdMicros: 0, actualCostUsdMicros: 0 },
  decisionId: idSchema('dec').parse('dec_01M7Z5XX3XTXWQYQ6MTAK13V6S'),
} as const satisfies ExecutionRecord;

/** It is undone by a call that was ended, and still holds its lease. */
const held = {
  ...{ id: 'made', uses, packageDigest: digestJson('package'), packageOwner: tenant, state: 'succeeded', waitingOn: 0, attempt: 1 },
  ...{ timeoutMs: 14 * minuteMs, resourceClass: 'small', readyAt: 0, completedAt: 0, leaseUntil: Date.now() + 10 * minuteMs },
  ...{ compensateUses: uses, compensateDigest: digestJson('package'), compensateOwner: tenant },
  ...{ compensation: 'running', compensationAttempt: 1, compensationAttempts: [{ attempt: 1, startedAt: new Date(0).toISOString() }] },
} as const satisfies StoredTask;

let close: () => void;
beforeAll(async () => {
  const items = [
    { ...headKey(tenant, executionId), ...head },
    { ...taskKey(tenant, executionId, held.id), ...held },
  ];
  const { url, server } = await startLoopbackDynamo(items);
  process.env['AWS_ENDPOINT_URL'] = url;
  close = () => server.close();
});
afterAll(() => close());

test('answers before its time is up what is left to undo, and when', async () => {
  const answer = (await handler({ tenant, executionId }, {})) as { isDone: boolean; waitSeconds: number };
  expect(answer.isDone).toBe(false);
  expect(answer.waitSeconds).toBeGreaterThan(9 * 60);
  expect(answer.waitSeconds).toBeLessThanOrEqual(10 * 60);
}, 20_000);
