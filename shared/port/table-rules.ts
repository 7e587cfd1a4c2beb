/** What every table adapter checks in the same words: the refusals of DynamoDB, and the meaning of a condition. */
import { assertInvariant, McError } from '../core/errors.ts';
import { isDeeper } from '../core/json/is-deeper.ts';
import { isMadeOfRecord, madeOfRecord } from './typed-items.ts';
import { tableLimits, type Condition, type Field, type Item, type Key, type Query, type WriteOp } from './table.ts';

/** The key that an op writes or checks. */
export function keyOf(op: WriteOp): Key {
  return op.kind === 'put' ? op.item : op.key;
}

/** Tells whether a condition holds of the stored item. A comparison with an absent field does not hold, except `!=`. */
export function holds(condition: Condition, item: Item | undefined): boolean {
  switch (condition.kind) {
    case 'absent':
      return item === undefined;
    case 'present':
      return item !== undefined;
    case 'in': {
      const value = item?.[condition.field];
      return condition.values.some((allowed) => allowed === value);
    }
    case 'unset':
      return item?.[condition.field] === undefined;
    case 'compare': {
      const value = item?.[condition.field];
      if (condition.op === '!=') return value !== condition.value;
      if (typeof value !== typeof condition.value || value === undefined || value === null) return false;
      if (condition.op === '=') return value === condition.value;
      const order = compare(value as string | number | boolean, condition.value); // Same primitive type as the condition's value, checked above.
      return { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[condition.op];
    }
  }
}

function compare(left: string | number | boolean, right: string | number | boolean): number {
  if (typeof left === 'string' && typeof right === 'string') return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return Number(left) - Number(right);
}

/** The item that a probe reads or writes; no other code names it. */
export const probeKey: Key = { pk: 'SYS#HEALTH', sk: 'PROBE' };

/** Names an item in its table. */
export const itemId = ({ pk, sk }: Key): string => `${pk}\0${sk}`;

/**
 * Refuses a write that DynamoDB would refuse: too many ops, two ops on one item, empty or oversized keys, fields that nest too deep; answers the `itemId` of each op's
 * item. Adapters check sizes where they serialise.
 */
export function checkWrite(ops: readonly WriteOp[]): string[] {
  if (ops.length === 0 || ops.length > tableLimits.opsPerWrite) {
    throw refused(`a write takes 1 to ${tableLimits.opsPerWrite} ops, got ${ops.length}`);
  }
  const ids = ops.map((op) => {
    const key = keyOf(op);
    checkKey(key);
    if (op.kind === 'put') checkFields(op.item);
    else if (op.kind === 'update') checkUpdate(op);
    else if (op.kind === 'check' && op.conditions.length === 0) throw refused('a check needs a condition');
    return itemId(key);
  });
  if (ids.length > 1 && new Set(ids).size < ids.length) {
    const twice = ops.map(keyOf).find((_, at) => ids.indexOf(ids[at] ?? '') < at);
    throw refused(`two ops of one write name the item ${twice?.pk} ${twice?.sk}`);
  }
  return ids;
}

/** Refuses an item whose stored size would be over 400 KB, with an empty key, or with a field that nests too deep. */
export function checkItem(item: Item): void {
  checkKey(item);
  checkFields(item);
  checkItemBytes(item, JSON.stringify(item).length);
}

function checkFields(item: Item): void {
  checkIndexKeys(item);
  // A typed record is as deep as its type.
  if (!isMadeOfRecord(item)) checkNesting(item, item);
}

function checkUpdate({ key, set, add, remove = [] }: WriteOp & { kind: 'update' }): void {
  if (isEmpty(set) && isEmpty(add) && remove.length === 0) throw refused('an update needs a field to set, add to or remove');
  if (set) checkNesting(key, set);
}

function isEmpty(fields: object | undefined): boolean {
  for (const _ in fields) return false;
  return true;
}

function checkNesting({ pk, sk }: Key, fields: Readonly<Record<string, Field>>): void {
  for (const name in fields) {
    if (isDeeper(fields[name], tableLimits.nesting - 1))
      throw refused(`${name} of ${pk} ${sk} nests deeper than ${tableLimits.nesting} levels`);
  }
}

function checkIndexKeys(item: Item): void {
  for (const name of ['gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk'] as const) {
    if (item[name] === '') throw refused(`${name} of ${item.pk} ${item.sk} is empty`);
  }
}

/** Refuses a stored size over 400 KB; `roughBytes` is a cheap lower bound that spares the exact count for small items. */
export function checkItemBytes(item: Item, roughBytes: number): void {
  if (roughBytes * 3 < tableLimits.itemBytes) return; // UTF-8 needs at most three bytes a UTF-16 unit.
  const bytes = Buffer.byteLength(JSON.stringify(item));
  if (bytes > tableLimits.itemBytes)
    throw refused(`the item ${item.pk} ${item.sk} has ${bytes} bytes; at most ${tableLimits.itemBytes} are allowed`);
}

function checkKey({ pk, sk }: Key): void {
  if (pk === '' || sk === '') throw refused('a key part is empty');
  if (pk.length * 3 > tableLimits.pkBytes && Buffer.byteLength(pk) > tableLimits.pkBytes)
    throw refused(`a partition key is over ${tableLimits.pkBytes} bytes`);
  if (sk.length * 3 > tableLimits.skBytes && Buffer.byteLength(sk) > tableLimits.skBytes)
    throw refused(`a sort key is over ${tableLimits.skBytes} bytes`);
}

/** Refuses a query that no adapter can answer. */
export function checkQuery(query: Query): void {
  if (query.pk === '') throw refused('a key part is empty');
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > tableLimits.queryLimit) {
    throw refused(`a page has 1 to ${tableLimits.queryLimit} items, asked for ${query.limit}`);
  }
  assertInvariant(
    query.prefix === undefined || (query.from === undefined && query.to === undefined),
    'a query takes a prefix or a range, not both',
  );
}

/** Whether a number can be stored as one; what people send is asked about where they are told of it. */
export function isStorableNumber(value: number): boolean {
  const magnitude = Math.abs(value);
  return value === 0 || (magnitude >= tableLimits.numberMin && magnitude <= tableLimits.numberMax);
}

/** In words. */
export const storableNumbers = `0, and magnitudes from ${tableLimits.numberMin} to 9.99e125`;

/** The result of an update on the stored item (or on nothing). */
export function updated(key: Key, item: Item | undefined, op: WriteOp & { kind: 'update' }): Item {
  const next: Item = { ...(item ?? { pk: key.pk, sk: key.sk }), ...op.set };
  for (const [field, amount] of Object.entries(op.add ?? {})) {
    const current = item?.[field] ?? 0;
    if (typeof current !== 'number') throw refused(`cannot add to the field ${field}: it holds no number`);
    next[field] = current + amount;
  }
  // Left out where it is stored. Without the field V8 would keep the item as a table of names, five times as large.
  for (const field of op.remove ?? []) next[field] = undefined;
  return item && isMadeOfRecord(item) ? madeOfRecord(next) : next;
}

/** The error for what a table refuses. */
export function refused(message: string): McError {
  return new McError('mc:store:refused', message);
}
