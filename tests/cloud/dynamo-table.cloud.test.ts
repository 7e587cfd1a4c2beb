import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { DynamoTable } from '../../shared/aws/dynamo-table.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { describeTable } from '../contract/table-contract.ts';
import { cloud } from './environment.ts';

const ids = ulidIds(systemClock);
const table = new DynamoTable(new DynamoDBClient(), cloud.MC_TABLE, { clock: systemClock, ids });

describeTable('DynamoDB', async () => ({ table, prefix: `T#contract-${ids.next('req').toLowerCase()}`, close: async () => undefined }));

describe('what DynamoDB does in its own way', () => {
  test('a cursor of one list reads nothing of another partition', async () => {
    const [mine, other] = [ids.next('req'), ids.next('req')];
    await table.putMany(['1', '2', '3'].flatMap((sk) => [mine, other].map((pk) => ({ pk, sk }))));
    const { cursor } = await table.query({ pk: other, limit: 1 });
    const page = await table.query({ pk: mine, limit: 10, ...(cursor && { cursor }) });
    expect(page.items.map((item) => item.pk)).toEqual([mine, mine]);
  });

  test('fields named like parts of an object or of an expression survive', async () => {
    const item = {
      pk: ids.next('req'),
      sk: 'a',
      constructor: { name: 'Set' },
      size: 1,
      '#n0': ':v0',
      map: { constructor: 'x', toString: [1] },
    };
    await table.write([{ kind: 'put', item }]);
    await table.write([{ kind: 'update', key: item, set: { 'a.b': { 'c d': null } }, add: { size: 1 } }]);
    expect(await table.get(item)).toEqual({ ...item, size: 2, 'a.b': { 'c d': null } });
  });

  test('reading one key twice answers it twice', async () => {
    const key = { pk: ids.next('req'), sk: 'a' };
    await table.putMany([key]);
    expect(await table.getMany([key, key])).toEqual([key, key]);
  });
});
