import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import {
  GetQueueAttributesCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MaestroClient } from '../../cli/client/maestro-client.ts';
import { gatewayRequest } from '../../scripts/cloud/gateway-request.ts';
import { DynamoTable } from '../../shared/aws/dynamo-table.ts';
import { S3Blobs } from '../../shared/aws/s3-blobs.ts';
import { SealedBlobs } from '../../shared/encryption/sealed-blobs.ts';
import { plainDataKeys } from '../../scripts/sim/port/process-deps.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { deliveriesMax } from '../../shared/port/task-queue.ts';
import { echoManifest, publish, run, slowMs } from '../e2e/tested-home.ts';
import { faults, startFaultyService, type FaultyService } from '../chaos/faulty-service.ts';
import { forwardToEmulator, gateway } from './emulator-request.ts';
import { cloud } from './environment.ts';

describe('adapters behind a proxy that makes faults, in front of the deployed table and buckets', () => {
  let proxy: FaultyService;
  let table: DynamoTable;
  let blobs: SealedBlobs;
  const ids = ulidIds(systemClock);
  beforeAll(async () => {
    proxy = await startFaultyService();
    proxy.carryOut = forwardToEmulator;
    const { url: endpoint } = proxy;
    table = new DynamoTable(new DynamoDBClient({ endpoint }), cloud.MC_TABLE, { clock: systemClock, ids });
    const bucket = cloud.MC_BLOB_BUCKET;
    const buckets = { data: bucket, log: bucket, receipt: bucket };
    const store = new S3Blobs(new S3Client({ endpoint, forcePathStyle: true }), { buckets, storageKeyArn: cloud.MC_STORAGE_KEY_ARN });
    blobs = new SealedBlobs(store, plainDataKeys);
  });
  beforeEach(() => void (proxy.faults.length = 0));
  afterAll(() => proxy.stop());

  test(
    'forty writes of a counter amid throttling, failures and lost answers are forty',
    async () => {
      const key = { pk: `T#faults-${ids.next('req').toLowerCase()}`, sk: 'counter' };
      const wave = [
        faults.json('ProvisionedThroughputExceededException'),
        'reset-after',
        faults.json('InternalServerError', 500),
        'reset',
        faults.json('ThrottlingException'),
      ] as const;
      for (let round = 0; round < 10; round += 1) {
        proxy.faults.push(...wave);
        const writes = Array.from({ length: 4 }, async () => table.write([{ kind: 'update', key, add: { n: 1 } }]));
        expect(await Promise.all(writes)).toEqual(writes.map(() => ({ ok: true })));
      }
      expect(proxy.asked.length).toBeGreaterThanOrEqual(40 + 10 * wave.length);
      expect(await table.get(key)).toMatchObject({ n: 40 });
    },
    slowMs,
  );

  test('receipts and logs that a bucket refuses at first are stored whole', async () => {
    const tenant = TenantId.parse('faults');
    for (const kind of ['receipt', 'log'] as const) {
      const bytes = Buffer.from(`${kind} ${ids.next('req')}`);
      proxy.faults.push(faults.slowDown, faults.slowDown);
      const digest = await blobs.put(tenant, kind, bytes);
      proxy.faults.push(faults.slowDown);
      expect(Buffer.from((await blobs.find(tenant, kind, digest)) ?? [])).toEqual(bytes);
    }
  });
});

describe('a message on the task queue that nobody can ever handle', () => {
  const sqs = new SQSClient();
  const alarmName = 'test-mc-task-dead-letters';
  const home = { client: new MaestroClient({ url: cloud.MC_URL, token: cloud.MC_TOKEN }) };

  async function queueUrl(prefix: string): Promise<string> {
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix }));
    if (QueueUrls.length !== 1) throw new Error(`there are ${QueueUrls.length} queues ${prefix}…`);
    return QueueUrls[0] ?? '';
  }

  async function visible(QueueUrl: string): Promise<number> {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }));
    return Number(Attributes?.['ApproximateNumberOfMessages']);
  }

  async function alarms(action: string, fields: Record<string, string>): Promise<string> {
    const form = { Action: action, Version: '2010-08-01', ...fields };
    const { status, body } = await gatewayRequest(gateway, { path: '/', service: 'monitoring', form });
    if (status !== 200) throw new Error(`CloudWatch answered ${status}: ${body}`);
    return body;
  }

  test(
    'is put aside after its deliveries, rings the alarm, and keeps no run from its end',
    async () => {
      const [tasks, deadLetters] = [await queueUrl('mc-test-execution-Tasks'), await queueUrl('mc-test-execution-DeadLetters')];
      // As deployed a delivery hides the message for the quarter of an hour that a worker may take.
      const hideFor = (seconds: number): Promise<unknown> =>
        sqs.send(new SetQueueAttributesCommand({ QueueUrl: tasks, Attributes: { VisibilityTimeout: String(seconds) } }));
      await hideFor(2);
      try {
        await sqs.send(new SendMessageCommand({ QueueUrl: tasks, MessageBody: '{"poison":true}' }));
        const deadline = Date.now() + 120_000;
        while ((await visible(deadLetters)) === 0 && Date.now() < deadline) await sleep(500);
      } finally {
        await hideFor(900);
      }
      const peek = { QueueUrl: deadLetters, VisibilityTimeout: 0, MaxNumberOfMessages: 10, AttributeNames: ['All' as const] };
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(peek));
      expect(Messages.map(({ Body }) => Body)).toEqual(['{"poison":true}']);
      expect(Number(Messages[0]?.Attributes?.ApproximateReceiveCount)).toBeGreaterThanOrEqual(deliveriesMax);

      const { name } = await publish(home, echoManifest(`beside-poison-${Date.now().toString(36)}`));
      expect(await run(home, { workflow: name })).toMatchObject({ state: 'succeeded' });

      // The emulator judges alarms, but its queues tell CloudWatch nothing: the test says for the queue what SQS would.
      const queueName = deadLetters.split('/').at(-1) ?? '';
      const before = await alarms('DescribeAlarms', { 'AlarmNames.member.1': alarmName });
      expect(before).toContain('<MetricName>ApproximateNumberOfMessagesVisible</MetricName>');
      expect(before).not.toContain('<StateValue>ALARM</StateValue>');
      await alarms('PutMetricData', {
        Namespace: 'AWS/SQS',
        'MetricData.member.1.MetricName': 'ApproximateNumberOfMessagesVisible',
        'MetricData.member.1.Value': String(await visible(deadLetters)),
        'MetricData.member.1.Dimensions.member.1.Name': 'QueueName',
        'MetricData.member.1.Dimensions.member.1.Value': queueName,
      });
      expect(await alarms('DescribeAlarms', { 'AlarmNames.member.1': alarmName })).toContain('<StateValue>ALARM</StateValue>');
      await sqs.send(new PurgeQueueCommand({ QueueUrl: deadLetters }));
    },
    slowMs + 120_000,
  );
});
