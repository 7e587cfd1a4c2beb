import type { Deps } from '../port/deps.ts';
import { dataKeyKey, dataKeyList, DataKeyRecord, isLiving, wrappingContext, type LivingDataKey } from './data-key-record.ts';

/** Each of them is a call of KMS. */
const keysAtOnce = 20;
/** A lost race means that somebody else wrapped or shredded it. */
const mostRaces = 5;

/** How far a rewrapping is; `cursor` is absent when all rows were seen. */
export interface RewrapProgress {
  rewrapped: number;
  cursor?: string;
}

/**
 * One page of data keys, wrapped anew by the current wrapping key where another did it. Data keys stay the same, so nothing that they sealed is touched. May be
 * repeated from anywhere; a row is the old one or the new one.
 */
export async function rewrapDataKeys(deps: Pick<Deps, 'table' | 'wrappingKey'>, cursor?: string, limit = 200): Promise<RewrapProgress> {
  const current = await deps.wrappingKey.currentId();
  const page = await deps.table.query({ index: 'gsi1', pk: dataKeyList, limit, ...(cursor !== undefined && { cursor }) });
  const stale = page.items.map((item) => DataKeyRecord.parse(item)).filter((record) => isLiving(record) && record.wrappedBy !== current);
  let rewrapped = 0;
  for (let start = 0; start < stale.length; start += keysAtOnce) {
    const done = await Promise.all(stale.slice(start, start + keysAtOnce).map((record) => rewrap(deps, record, current)));
    rewrapped += done.filter(Boolean).length;
  }
  return { rewrapped, ...(page.cursor !== undefined && { cursor: page.cursor }) };
}

/** A data key of the home that this wrapping key wrapped; the wrapping key may go when there is none. */
export async function findWrappedBy(deps: Pick<Deps, 'table'>, wrappingKeyId: string): Promise<LivingDataKey | undefined> {
  for await (const key of wrappedBy(deps, wrappingKeyId)) return key;
  return undefined;
}

/** How many data keys of the home this wrapping key wraps. */
export async function countWrappedBy(deps: Pick<Deps, 'table'>, wrappingKeyId: string): Promise<number> {
  let count = 0;
  for await (const _key of wrappedBy(deps, wrappingKeyId)) count += 1;
  return count;
}

async function* wrappedBy({ table }: Pick<Deps, 'table'>, wrappingKeyId: string): AsyncGenerator<LivingDataKey> {
  let cursor: string | undefined;
  do {
    const page = await table.query({ index: 'gsi1', pk: dataKeyList, limit: 200, ...(cursor !== undefined && { cursor }) });
    const living = page.items.map((item) => DataKeyRecord.parse(item)).filter(isLiving);
    yield* living.filter((key) => key.wrappedBy === wrappingKeyId);
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** Whether the row is wrapped by the current key now. */
async function rewrap(
  { table, wrappingKey }: Pick<Deps, 'table' | 'wrappingKey'>,
  listed: DataKeyRecord,
  current: string,
): Promise<boolean> {
  const key = dataKeyKey(listed, listed.id);
  for (let race = 0; race < mostRaces; race++) {
    // The list may lag behind.
    const item = await table.get(key);
    const record = item && DataKeyRecord.parse(item);
    if (!record || !isLiving(record)) return false;
    if (record.wrappedBy === current) return race > 0;
    const { wrappedBy, wrapped } = await wrappingKey.rewrap(record, wrappingContext(record, record.id));
    const result = await table.write([
      {
        kind: 'update',
        key,
        set: { wrappedBy, wrapped },
        conditions: [{ kind: 'compare', field: 'wrapped', op: '=', value: record.wrapped }],
      },
    ]);
    if (result.ok) return true;
  }
  return false;
}
