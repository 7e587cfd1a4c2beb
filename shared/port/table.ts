/**
 * The table port: the part of DynamoDB's single-table API that the domain stores are written over.
 * Both adapters obey one contract suite (tests/contract/table-contract.ts), including the refusals.
 */
import type { Json } from '../core/json/canonical-json.ts';

/** Where an item lives. Tenant data has a partition key that begins with its tenant. */
export interface Key {
  pk: string;
  sk: string;
}

/** A field of an item: JSON, where absent parts are left out. */
export type Field = Json | undefined | readonly Field[] | { readonly [name: string]: Field };

/** A stored item: its key, optional keys in the two secondary indexes, an optional expiry, and its fields at the top level. */
export interface Item extends Key {
  gsi1pk?: string;
  gsi1sk?: string;
  gsi2pk?: string;
  gsi2sk?: string;
  /** Unix seconds after which the item may vanish; readers must not rely on it having vanished. */
  ttl?: number;
  [field: string]: Field;
}

export type IndexName = 'gsi1' | 'gsi2';

/** What must hold of the stored item for a write to happen. A comparison with an absent field does not hold, except `!=`. */
export type Condition =
  | { kind: 'absent' }
  | { kind: 'present' }
  | { kind: 'compare'; field: string; op: '=' | '!=' | '<' | '<=' | '>' | '>='; value: string | number | boolean }
  | { kind: 'in'; field: string; values: readonly (string | number)[] }
  /** The field is absent; of an absent item all are. A stored null is a value. */
  | { kind: 'unset'; field: string };

/** One step of an atomic write. All conditions of all steps are judged against the state before the write. */
export type WriteOp =
  | { kind: 'put'; item: Item; conditions?: readonly Condition[] }
  | { kind: 'delete'; key: Key; conditions?: readonly Condition[] }
  | {
      kind: 'update';
      key: Key;
      /** Fields to replace; `null` is stored as null, fields in `remove` go away. */
      set?: Readonly<Record<string, Field>>;
      /** Numbers to add; an absent field counts as 0. */
      add?: Readonly<Record<string, number>>;
      remove?: readonly string[];
      /** An update of an absent item creates it unless a condition forbids that. */
      conditions?: readonly Condition[];
    }
  | { kind: 'check'; key: Key; conditions: readonly Condition[] };

/** A write either happened whole, or did not happen because the ops at these positions had a condition that does not hold. */
export type WriteResult = { ok: true } | { ok: false; failed: readonly number[] };

/** What a store may know of a write beside its ops; it changes nothing of what is written. */
export interface WriteHint {
  /** A caller waits for it, and not only the next step of a run that was started before. */
  isForCaller: boolean;
}

/** What to read from one partition, in the order of the sort key (by UTF-8 bytes). */
export interface Query {
  index?: IndexName;
  pk: string;
  /** Only items whose sort key begins with this. Not together with `from`/`to`. */
  prefix?: string;
  /** Inclusive lower and upper bound of the sort key. */
  from?: string;
  to?: string;
  /** At most this many items, 1 to 1,000. */
  limit: number;
  reverse?: boolean;
  /** The cursor of the page before. */
  cursor?: string;
}

export interface Page<T = Item> {
  items: T[];
  /** Absent on the last page. */
  cursor?: string;
}

/** The limits both adapters refuse to go beyond; they are DynamoDB's. */
export const tableLimits = {
  /** DynamoDB: an item is at most 400 KB, names and values together. */
  itemBytes: 400 * 1024,
  /** DynamoDB: TransactWriteItems takes at most 100 actions, on 100 different items. */
  opsPerWrite: 100,
  /** DynamoDB: partition key 2,048 bytes, sort key 1,024 bytes. */
  pkBytes: 2048,
  skBytes: 1024,
  /** DynamoDB: 32 levels of lists and maps, of which the field itself is the first and the innermost values the last. */
  nesting: 32,
  /** DynamoDB: the magnitudes of numbers that are not 0. */
  numberMin: 1e-130,
  numberMax: 9.99e125,
  /** Ours: no page is larger, whatever is asked. */
  queryLimit: 1_000,
} as const;

export interface Table {
  /** A strongly consistent read of one item. */
  get(key: Key): Promise<Item | undefined>;
  /** Strongly consistent reads of up to 100 items, answered in the order of the keys. */
  getMany(keys: readonly Key[]): Promise<(Item | undefined)[]>;
  /** One page of a partition or an index. Reads of an index may lag behind writes. */
  query(query: Query): Promise<Page>;
  /** Writes all ops or none. Durable when it resolves. Throws `mc:store:refused` over a limit or for two ops on one item. */
  write(ops: readonly WriteOp[], hint?: WriteHint): Promise<WriteResult>;
  /** Bulk, unconditional, not atomic as a whole; each item is durable when it resolves. */
  putMany(items: readonly Item[]): Promise<void>;
  /**
   * Resolves when the store can be read and, as far as that can be told at once, written. Throws `mc:store:full`, `mc:store:damaged` or
   * `mc:store:unavailable`. Cheap enough to be asked by anybody at any rate.
   */
  probe(): Promise<void>;
}
