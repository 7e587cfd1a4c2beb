/** The adapters of the AWS home as a function builds them, with the SDK's real clients, against services on loopback that throttle, fail, fall silent or are gone. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { digestBytes, hexOf } from '../../shared/core/digest.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { dataKeyOf } from '../../shared/encryption/envelope.ts';
import type { Deps } from '../../shared/port/deps.ts';
import type { TaskMessage } from '../../shared/port/task-queue.ts';
import { faults, startFaultyService, type FaultyService, type ServiceRequest } from './faulty-service.ts';
import { setAwsEnvironment } from '../functions/aws-environment.ts';

const tenant = TenantId.parse('acme');
const unavailable = { code: 'mc:store:unavailable', retry: 'backoff' };
/** Below the 29 s after which a function is ended. */
const answerMaxMs = 25_000;

let service: FaultyService;
let deps: Deps;
beforeAll(async () => {
  service = await startFaultyService();
  setAwsEnvironment();
  process.env['AWS_ENDPOINT_URL'] = service.url;
  deps = (await import('../../functions/wire/aws-deps.ts')).awsDeps();
});
beforeEach(() => {
  service.faults.length = 0;
  service.asked.length = 0;
  service.carryOut = () => ({ status: 200 });
});
afterAll(() => service.stop());

const repeated = <T>(count: number, fault: T): T[] => Array.from({ length: count }, () => fault);
const took = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await work();
  return performance.now() - from;
};
/** Pauses between requests. */
const pauses = (): number[] => service.asked.slice(1).map(({ at }, index) => at - (service.asked[index]?.at ?? 0));

describe('blobs, when S3 says SlowDown', () => {
  const bytes = Buffer.from('{"a":"receipt"}');
  /** A data key is made once an hour at most, and what that takes is not what is tried here. */
  beforeAll(async () => {
    const dataKey = JSON.stringify({ KeyId: 'key', Plaintext: Buffer.alloc(32, 1).toString('base64'), CiphertextBlob: 'AAAA' });
    service.carryOut = ({ target }) => ({ status: 200, body: target.endsWith('.GenerateDataKey') ? dataKey : '{"Items":[]}' });
    for (const purpose of ['receipt', 'log'] as const) await deps.dataKeys.current({ tenant, purpose });
  });

  /** S3 as far as it keeps objects. */
  function keepObjects(): Map<string, Buffer> {
    const objects = new Map<string, Buffer>();
    service.carryOut = ({ method, path, body }) => {
      const key = path.split('?')[0] ?? '';
      if (method === 'PUT') objects.set(key, body);
      return { status: 200, type: 'application/octet-stream', body: method === 'PUT' ? '' : (objects.get(key) ?? '') };
    };
    return objects;
  }

  test.each(['receipt', 'log'] as const)('a %s is sent again after a pause, whole, and read back', async (kind) => {
    const objects = keepObjects();
    service.faults.push(...repeated(2, faults.slowDown));
    const digest = await deps.blobs.put(tenant, kind, bytes);
    expect(service.asked).toHaveLength(3);
    expect(Math.max(...pauses())).toBeGreaterThan(20);
    const [[path, lying] = []] = objects;
    expect(path).toBe(`/${kind}s/acme/${hexOf(digestBytes(bytes))}`);
    expect(dataKeyOf(lying ?? Buffer.alloc(0))).toMatch(/\.[1-8]$/);
    expect(lying?.includes('receipt')).toBe(false);
    service.faults.push(faults.slowDown);
    expect(Buffer.from((await deps.blobs.find(tenant, kind, digest)) ?? [])).toEqual(bytes);
  });

  test('many writers that were refused together do not come back together', async () => {
    keepObjects();
    const keep = service.carryOut;
    const isFirst = ({ headers }: ServiceRequest): boolean => String(headers['amz-sdk-request']).startsWith('attempt=1;');
    // Each of them once, however early the first of them come back.
    service.carryOut = (request) => (isFirst(request) ? faults.slowDown : keep(request));
    const writers = 24;
    await Promise.all(Array.from({ length: writers }, async (_, index) => deps.blobs.put(tenant, 'log', Buffer.from(String(index)))));
    const again = service.asked.filter((request) => !isFirst(request)).map(({ at }) => at);
    expect(again).toHaveLength(writers);
    expect(Math.max(...again) - Math.min(...again)).toBeGreaterThan(100);
  });

  test('and keeps saying so, the write is given up soon and can be repeated: nothing says that it is stored', async () => {
    const objects = keepObjects();
    service.faults.push(...repeated(3, faults.slowDown));
    const waitedMs = await took(() => expect(deps.blobs.put(tenant, 'receipt', bytes)).rejects.toMatchObject(unavailable));
    expect(waitedMs).toBeLessThan(answerMaxMs);
    expect(service.asked).toHaveLength(3);
    expect(objects.size).toBe(0);
    await deps.blobs.put(tenant, 'receipt', bytes);
    expect(objects.size).toBe(1);
  });
});

describe('the table, when DynamoDB fails over', () => {
  const Transact = z.object({ ClientRequestToken: z.string() });
  /** Carries a transaction out once for each token, as DynamoDB does; the counter says how often that was. */
  function countTransactions(): { written: number } {
    const tokens = new Set<string>();
    const counter = { written: 0 };
    service.carryOut = ({ target, body }) => {
      if (!target.endsWith('.TransactWriteItems')) return { status: 200 };
      const { ClientRequestToken } = Transact.parse(JSON.parse(body.toString()));
      if (!tokens.has(ClientRequestToken)) counter.written += 1;
      tokens.add(ClientRequestToken);
      return { status: 200 };
    };
    return counter;
  }
  const add = (): Promise<unknown> => deps.table.write([{ kind: 'update', key: { pk: 'p', sk: 's' }, add: { n: 1 } }]);

  test.each([
    ['throttled four times, more often than the client itself tries', repeated(4, faults.json('ProvisionedThroughputExceededException'))],
    ['failed twice', repeated(2, faults.json('InternalServerError', 500))],
    ['cut off twice before it was carried out', repeated(2, 'reset' as const)],
    ['carried out, and its answer lost', ['reset-after' as const]],
    [
      'carried out, its answer lost, and still in progress for longer than the client itself tries',
      ['reset-after' as const, ...repeated(3, faults.json('TransactionInProgressException'))],
    ],
    ['not answered at all', ['silence' as const]],
  ])(
    'a write that was %s is written once',
    async (_, first) => {
      const counter = countTransactions();
      service.faults.push(...first);
      let result: unknown;
      const waitedMs = await took(async () => (result = await add()));
      expect(result).toEqual({ ok: true });
      expect(waitedMs).toBeLessThan(answerMaxMs);
      expect(service.asked).toHaveLength(first.length + 1);
      expect(counter.written).toBe(1);
    },
    30_000,
  );

  test('two writes of the same are two, although each may be sent more than once', async () => {
    const counter = countTransactions();
    service.faults.push('reset-after');
    await add();
    await add();
    expect(counter.written).toBe(2);
  });

  test('that is gone for a while refuses what it is asked, soon, and works again by itself', async () => {
    await service.stop();
    for (const call of [() => deps.table.get({ pk: 'p', sk: 's' }), add]) {
      const waitedMs = await took(() => expect(call()).rejects.toMatchObject(unavailable));
      expect(waitedMs).toBeLessThan(answerMaxMs);
    }
    await service.start();
    const counter = countTransactions();
    expect(await add()).toEqual({ ok: true });
    expect(counter.written).toBe(1);
  }, 60_000);
});

describe('the other services', () => {
  const message = (index: number): TaskMessage => ({ tenant, executionId: 'exec_01K9ZZZZZZZZZZZZZZZZZZZZZZ', taskId: `t${index}` });

  test('every message reaches a queue that throttles, fails and takes only some at first', async () => {
    const Batch = z.object({ Entries: z.array(z.object({ Id: z.string(), MessageBody: z.string() })) });
    const taken: string[] = [];
    let isFirst = true;
    service.carryOut = ({ body }) => {
      const { Entries } = Batch.parse(JSON.parse(body.toString()));
      const refused = isFirst ? Entries.slice(0, 1) : [];
      isFirst = false;
      taken.push(...Entries.filter((entry) => !refused.includes(entry)).map(({ MessageBody }) => MessageBody));
      const Failed = refused.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false }));
      return { status: 200, body: JSON.stringify({ Successful: [], Failed }) };
    };
    service.faults.push(faults.json('RequestThrottled'), faults.json('InternalError', 500));
    await deps.queue.send(Array.from({ length: 12 }, (_, index) => message(index)));
    expect(taken.sort()).toEqual(Array.from({ length: 12 }, (_, index) => JSON.stringify(message(index))).sort());
  });

  test('a supervision whose start was answered by nobody is started once', async () => {
    let starts = 0;
    service.carryOut = () => (starts++ === 0 ? { status: 200 } : faults.json('ExecutionAlreadyExists'));
    service.faults.push('reset-after');
    await deps.phases.start(message(0));
    expect(service.asked).toHaveLength(2);
  });

  test('a key that throttles signs after a pause', async () => {
    const der = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    service.carryOut = () => ({ status: 200, body: JSON.stringify({ Signature: 'AAAA', PublicKey: der, KeyId: 'arn:1' }) });
    service.faults.push(...repeated(2, faults.json('ThrottlingException')));
    expect(Buffer.from((await deps.signer.sign(Buffer.from('message'))).bytes).toString('base64')).toBe('AAAA');
    // Two refusals, the signature, and whose it is.
    expect(service.asked).toHaveLength(4);
  });

  test('a key that keeps throttling signs nothing, and says so soon', async () => {
    service.faults.push(...repeated(3, faults.json('ThrottlingException')));
    const waitedMs = await took(() => expect(deps.signer.sign(Buffer.from('message'))).rejects.toMatchObject(unavailable));
    expect(waitedMs).toBeLessThan(answerMaxMs);
  });
});
