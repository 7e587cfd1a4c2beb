/**
 * The table port on DynamoDB. Every write is one TransactWriteItems call, so one op and a hundred have the same meaning; lost races with
 * other writers are retried here a bounded number of times, and only conditions that do not hold reach the caller as a value.
 */
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type AttributeValue,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { McError } from '../core/errors.ts';
import { checkItem, checkQuery, checkWrite, probeKey, refused } from '../port/table-rules.ts';
import type { Item, Key, Page, Query, Table, WriteOp, WriteResult } from '../port/table.ts';
import { encodeCursor, startKeyOf } from './dynamo-cursor.ts';
import { judgeWriteError, tableError } from './dynamo-error.ts';
import { conditionsExpression, ExpressionScope, updateExpression } from './dynamo-expression.ts';
import { marshallFields, unmarshallItem, type Attribute } from './dynamo-item.ts';
import { isEmptyRange, keyCondition } from './dynamo-query.ts';
import { retryBounded, type RetryContext } from './retry.ts';

/** DynamoDB: BatchWriteItem takes at most 25 puts, BatchGetItem at most 100 keys. */
const putsPerBatch = 25;
const keysPerBatch = 100;

/** Keeps keys apart in a map; no key holds NUL. */
const identityOf = ({ pk, sk }: Key): string => `${pk}\0${sk}`;
const keyAttributes = ({ pk, sk }: Key): Record<string, Attribute> => marshallFields({ pk, sk });

export class DynamoTable implements Table {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #retry: RetryContext;

  constructor(client: DynamoDBClient, tableName: string, retry: RetryContext) {
    this.#client = client;
    this.#tableName = tableName;
    this.#retry = retry;
  }

  async get(key: Key): Promise<Item | undefined> {
    try {
      const answer = await this.#client.send(
        new GetItemCommand({ TableName: this.#tableName, Key: keyAttributes(key), ConsistentRead: true }),
      );
      return answer.Item && unmarshallItem(answer.Item);
    } catch (error) {
      throw tableError(error);
    }
  }

  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    if (keys.length > keysPerBatch) throw refused(`at most ${keysPerBatch} items can be read at once, asked for ${keys.length}`);
    const found = new Map<string, Item>();
    // DynamoDB refuses a batch that names one key twice.
    let missing = [...new Map(keys.map((key) => [identityOf(key), key])).values()].map(keyAttributes);
    await this.#untilDone(async () => {
      if (missing.length === 0) return true;
      const RequestItems = { [this.#tableName]: { Keys: missing, ConsistentRead: true } };
      const answer = await this.#client.send(new BatchGetItemCommand({ RequestItems }));
      for (const item of (answer.Responses?.[this.#tableName] ?? []).map(unmarshallItem)) found.set(identityOf(item), item);
      missing = (answer.UnprocessedKeys?.[this.#tableName]?.Keys ?? []).map(toKey).map(keyAttributes);
      return missing.length === 0;
    });
    return keys.map((key) => found.get(identityOf(key)));
  }

  async query(query: Query): Promise<Page> {
    checkQuery(query);
    let startKey = query.cursor === undefined ? undefined : startKeyOf(query, query.cursor);
    if (isEmptyRange(query)) return { items: [] };
    const items: Item[] = [];
    // One item more than asked for tells whether there is a next page; DynamoDB ends a page early after 1 MB.
    while (items.length <= query.limit) {
      const answer = await this.#queryOnce(query, startKey, query.limit + 1 - items.length);
      items.push(...answer.items);
      startKey = answer.startKey;
      if (startKey === undefined) break;
    }
    const last = items[query.limit - 1];
    return {
      items: items.slice(0, query.limit),
      ...(items.length > query.limit && last && { cursor: encodeCursor(query.index, last) }),
    };
  }

  async write(ops: readonly WriteOp[]): Promise<WriteResult> {
    checkWrite(ops);
    const TransactItems = ops.map((op) => this.#transactItem(op));
    // One token for all tries: what an earlier one wrote although its answer got lost is not written again, and is not taken for somebody else's write.
    const ClientRequestToken = requestToken(this.#retry.ids);
    const result = await retryBounded<WriteResult>(this.#retry, async () => {
      try {
        await this.#client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
        return { ok: true };
      } catch (error) {
        const reasons = error instanceof TransactionCanceledException ? error.CancellationReasons : undefined;
        return judgeWriteError(error, reasons);
      }
    });
    if (result === undefined) throw new McError('mc:store:conflict', 'other writers kept changing the same items; nothing was written');
    return result;
  }

  /** DynamoDB is never full, and the function that answers for the health may read only. */
  async probe(): Promise<void> {
    await this.get(probeKey);
  }

  async putMany(items: readonly Item[]): Promise<void> {
    items.forEach(checkItem);
    // DynamoDB refuses a batch that names one key twice; in order, the last one would win.
    const unique = [...new Map(items.map((item) => [identityOf(item), item])).values()];
    for (let start = 0; start < unique.length; start += putsPerBatch) {
      let requests = unique.slice(start, start + putsPerBatch).map((item) => ({ PutRequest: { Item: marshallFields(item) } }));
      await this.#untilDone(async () => {
        const answer = await this.#client.send(new BatchWriteItemCommand({ RequestItems: { [this.#tableName]: requests } }));
        const left = new Set(
          (answer.UnprocessedItems?.[this.#tableName] ?? []).map(({ PutRequest }) => identityOf(toKey(PutRequest?.Item ?? {}))),
        );
        requests = requests.filter(({ PutRequest }) => left.has(identityOf(toKey(PutRequest.Item))));
        return requests.length === 0;
      });
    }
  }

  /** Repeats a batch step until nothing is left unprocessed; a table that stays throttled is unavailable. */
  async #untilDone(step: () => Promise<boolean>): Promise<void> {
    const isDone = await retryBounded<true>(this.#retry, async () => {
      try {
        return (await step()) ? true : 'again';
      } catch (error) {
        throw tableError(error);
      }
    });
    if (!isDone) throw new McError('mc:store:unavailable', 'the table kept part of a batch unprocessed');
  }

  async #queryOnce(
    query: Query,
    startKey: Record<string, Attribute> | undefined,
    limit: number,
  ): Promise<{ items: Item[]; startKey?: Record<string, Attribute> }> {
    const scope = new ExpressionScope();
    const KeyConditionExpression = keyCondition(scope, query);
    try {
      const answer = await this.#client.send(
        new QueryCommand({
          TableName: this.#tableName,
          KeyConditionExpression,
          ...scope.attributes(),
          ...(query.index === undefined ? { ConsistentRead: true } : { IndexName: query.index }),
          ScanIndexForward: !query.reverse,
          Limit: limit,
          ...(startKey && { ExclusiveStartKey: startKey }),
        }),
      );
      const items = (answer.Items ?? []).map(unmarshallItem);
      const last = items.at(-1);
      return { items, ...(answer.LastEvaluatedKey && last && { startKey: startKeyOf(query, encodeCursor(query.index, last)) }) };
    } catch (error) {
      throw tableError(error, { startKeyGiven: startKey !== undefined });
    }
  }

  #transactItem(op: WriteOp): TransactWriteItem {
    const scope = new ExpressionScope();
    const condition = conditionsExpression(scope, op.conditions);
    const TableName = this.#tableName;
    switch (op.kind) {
      case 'put':
        return { Put: { TableName, Item: marshallFields(op.item), ...condition, ...scope.attributes() } };
      case 'delete':
        return { Delete: { TableName, Key: keyAttributes(op.key), ...condition, ...scope.attributes() } };
      case 'check':
        return {
          ConditionCheck: { TableName, Key: keyAttributes(op.key), ConditionExpression: undefined, ...condition, ...scope.attributes() },
        };
      case 'update': {
        const UpdateExpression = updateExpression(scope, op);
        return { Update: { TableName, Key: keyAttributes(op.key), UpdateExpression, ...condition, ...scope.attributes() } };
      }
    }
  }
}

/** 120 random bits in the 36 characters that DynamoDB takes at most. */
function requestToken(ids: RetryContext['ids']): string {
  const part = (): string =>
    Math.floor(ids.random() * 2 ** 40)
      .toString(16)
      .padStart(10, '0');
  return `${part()}-${part()}-${part()}`;
}

function toKey(attributes: Record<string, AttributeValue | Attribute>): Key {
  const text = (attribute: AttributeValue | Attribute | undefined): string => (attribute && 'S' in attribute ? (attribute.S ?? '') : '');
  return { pk: text(attributes['pk']), sk: text(attributes['sk']) };
}
