import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { DynamoTable } from '../../../shared/aws/dynamo-table.ts';
import type { Json } from '../../../shared/core/json/canonical-json.ts';
import type { WriteOp } from '../../../shared/port/table.ts';
import { instantly, WireService, wireError, type WireAnswer } from './wire-service.ts';

const tableOn = (service: WireService): DynamoTable => new DynamoTable(new DynamoDBClient(service.client), 'items', instantly);
const cancelled = (...codes: string[]): WireAnswer =>
  wireError('TransactionCanceledException', { CancellationReasons: codes.map((Code) => ({ Code, Message: Code })) });
const twoPuts = ['a', 'b'].map((sk) => ({ kind: 'put', item: { pk: 'p', sk } }) as const);

describe('a transaction', () => {
  test('names the ops whose condition does not hold', async () => {
    const service = new WireService(cancelled('None', 'ConditionalCheckFailed'));
    expect(await tableOn(service).write(twoPuts)).toEqual({ ok: false, failed: [1] });
    expect(service.asked).toHaveLength(1);
  });

  test.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])('that met %s is tried again', async (code) => {
    const service = new WireService(cancelled(code, 'None'), {});
    expect(await tableOn(service).write(twoPuts)).toEqual({ ok: true });
    expect(service.asked).toHaveLength(2);
  });

  test('is tried again before an incomplete list of failed conditions is answered', async () => {
    const service = new WireService(
      cancelled('ConditionalCheckFailed', 'TransactionConflict'),
      cancelled('ConditionalCheckFailed', 'ConditionalCheckFailed'),
    );
    expect(await tableOn(service).write(twoPuts)).toEqual({ ok: false, failed: [0, 1] });
  });

  test('that never gets through is a conflict, after a bounded number of tries', async () => {
    const service = new WireService(cancelled('TransactionConflict', 'None'));
    await expect(tableOn(service).write(twoPuts)).rejects.toMatchObject({ code: 'mc:store:conflict', retry: 'backoff' });
    expect(service.asked).toHaveLength(8);
  });

  test('that DynamoDB finds invalid is refused', async () => {
    await expect(tableOn(new WireService(cancelled('None', 'ValidationError'))).write(twoPuts)).rejects.toMatchObject({
      code: 'mc:store:refused',
    });
  });

  test('over a limit is refused before anything is sent', async () => {
    const service = new WireService({});
    const lists = (levels: number): Json => (levels === 0 ? 1 : [lists(levels - 1)]);
    const deep = lists(32);
    const writes: WriteOp[][] = [
      [],
      [{ kind: 'put', item: { pk: 'p', sk: 's', deep } }],
      [{ kind: 'update', key: { pk: 'p', sk: 's' }, set: { deep } }],
    ];
    for (const ops of writes) await expect(tableOn(service).write(ops)).rejects.toMatchObject({ code: 'mc:store:refused' });
    await expect(tableOn(service).putMany([{ pk: 'p', sk: 's', deep }])).rejects.toMatchObject({ code: 'mc:store:refused' });
    expect(service.asked).toEqual([]);
  });

  test('asks for a field that is absent by its name', async () => {
    const service = new WireService({});
    await tableOn(service).write([
      { kind: 'update', key: { pk: 'p', sk: 's' }, set: { a: 1 }, conditions: [{ kind: 'unset', field: 'retriedBy' }] },
    ]);
    expect(service.asked[0]?.body).toMatchObject({
      TransactItems: [{ Update: { ConditionExpression: 'attribute_not_exists(#n0)', ExpressionAttributeNames: { '#n0': 'retriedBy' } } }],
    });
  });

  test('sends names and values as placeholders only', async () => {
    const service = new WireService({});
    const conditions = [{ kind: 'compare', field: 'size = 1 OR #x', op: '!=', value: ':v0' }] as const;
    await tableOn(service).write([
      { kind: 'update', key: { pk: 'p', sk: 's' }, set: { 'a.b': null }, add: { n: 1 }, remove: ['c'], conditions },
    ]);
    expect(service.asked[0]?.body).toMatchObject({
      TransactItems: [
        {
          Update: {
            ConditionExpression: '#n0 <> :v0',
            UpdateExpression: 'SET #n1 = :v1 ADD #n2 :v2 REMOVE #n3',
            ExpressionAttributeNames: { '#n0': 'size = 1 OR #x', '#n1': 'a.b', '#n2': 'n', '#n3': 'c' },
            ExpressionAttributeValues: { ':v0': { S: ':v0' }, ':v1': { NULL: true }, ':v2': { N: '1' } },
          },
        },
      ],
    });
  });

  test('with more allowed values than IN takes is split', async () => {
    const service = new WireService({});
    const values = Array.from({ length: 101 }, (_, index) => index);
    await tableOn(service).write([{ kind: 'check', key: { pk: 'p', sk: 's' }, conditions: [{ kind: 'in', field: 'n', values }] }]);
    expect(JSON.stringify(service.asked[0]?.body)).toMatch(/:v99\) OR #n0 IN \(:v100\)/);
  });
});

describe('batches', () => {
  test('a bulk put sends again what was left unprocessed, and nothing else', async () => {
    const left = { UnprocessedItems: { items: [{ PutRequest: { Item: { pk: { S: 'p' }, sk: { S: 'b' } } } }] } };
    const service = new WireService({ body: left }, {});
    await tableOn(service).putMany(twoPuts.map(({ item }) => item));
    expect(service.asked[1]?.body).toEqual({ RequestItems: { items: [{ PutRequest: { Item: { pk: { S: 'p' }, sk: { S: 'b' } } } }] } });
  });

  test('a bulk put that stays unprocessed is an outage, not a loss', async () => {
    const left = { UnprocessedItems: { items: [{ PutRequest: { Item: { pk: { S: 'p' }, sk: { S: 'a' } } } }] } };
    await expect(tableOn(new WireService({ body: left })).putMany([{ pk: 'p', sk: 'a' }])).rejects.toMatchObject({
      code: 'mc:store:unavailable',
    });
  });

  test('a bulk read asks again for unprocessed keys and answers in the order of the keys', async () => {
    const item = (sk: string): object => ({ pk: { S: 'p' }, sk: { S: sk } });
    const service = new WireService(
      { body: { Responses: { items: [item('b')] }, UnprocessedKeys: { items: { Keys: [item('a')] } } } },
      { body: { Responses: { items: [item('a')] } } },
    );
    const found = await tableOn(service).getMany(['a', 'x', 'b'].map((sk) => ({ pk: 'p', sk })));
    expect(found.map((entry) => entry?.sk)).toEqual(['a', undefined, 'b']);
  });
});

describe('reads', () => {
  test('a table that cannot be reached is unavailable', async () => {
    const service = new WireService(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    await expect(tableOn(service).get({ pk: 'p', sk: 's' })).rejects.toMatchObject({ code: 'mc:store:unavailable' });
  });

  test('an attribute that this program never writes is a bug, not an outage', async () => {
    const service = new WireService({ body: { Item: { pk: { S: 'p' }, sk: { S: 's' }, odd: { SS: ['x'] } } } });
    await expect(tableOn(service).get({ pk: 'p', sk: 's' })).rejects.toMatchObject({ name: 'InvariantError' });
  });

  test('a page that DynamoDB ended early is filled up', async () => {
    const item = (sk: string): object => ({ pk: { S: 'p' }, sk: { S: sk } });
    const service = new WireService({ body: { Items: [item('a')], LastEvaluatedKey: item('a') } }, { body: { Items: [item('b')] } });
    expect(await tableOn(service).query({ pk: 'p', limit: 5 })).toEqual({
      items: [
        { pk: 'p', sk: 'a' },
        { pk: 'p', sk: 'b' },
      ],
    });
    expect(service.asked[1]?.body).toMatchObject({ ExclusiveStartKey: item('a'), Limit: 5 });
  });

  test('a range that cannot hold anything is not asked for', async () => {
    const service = new WireService({});
    expect(await tableOn(service).query({ pk: 'p', from: 'b', to: 'a', limit: 5 })).toEqual({ items: [] });
    expect(service.asked).toEqual([]);
  });
});
