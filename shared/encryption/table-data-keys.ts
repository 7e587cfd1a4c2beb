/**
 * Data keys whose wrapped form lies in the table. Open ones are kept in memory for minutes, so that sealing costs no row, no call and no write; what a key may
 * still seal is reserved in its row in large steps, for all processes together.
 */
import { createSecretKey, randomInt } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { McError } from '../core/errors.ts';
import { DataKeyId, type DataKey, type DataKeys, type DataKeyScope } from '../port/keys/data-keys.ts';
import type { Deps } from '../port/deps.ts';
import { dataKeyItem, dataKeyKey, DataKeyRecord, isLiving, wrappingContext, type LivingDataKey } from './data-key-record.ts';
import { endOfPeriod, periodOf } from './period.ts';

/** With random nonces of 96 bits, AES-GCM is safe for 2^32 messages under one key (NIST SP 800-38D, 8.3). */
const mostMessages = 2 ** 31;
/** A key that was shredded, or whose wrapping key was taken away, is forgotten by every process after this. */
const openForMs = 5 * 60_000;
/** Open keys in memory: the tenants that are at work, their purposes, a few months. */
const openKeys = 2_000;
/** An id has room for no more. */
const mostNumbers = 999_999;

interface TableDataKeysOptions {
  /** Messages a process may seal before it reserves again; the rest of it is lost when the process ends. */
  messagesAtOnce: number;
  /** Keys of a month among which processes choose by chance, so that many that start at once do not all reserve in one row; default 1. */
  lanes?: number;
  /** Messages that one key seals at most; smaller only in tests. */
  messagesPerKey?: number;
}

interface CurrentKey {
  dataKey: DataKey;
  /** The same, as callers get it: in one promise for all, because every value of every run is sealed with it. */
  answer: Promise<DataKey>;
  /** Messages that are reserved and not used. */
  left: number;
  until: number;
}

export class TableDataKeys implements DataKeys {
  readonly #deps: Pick<Deps, 'table' | 'wrappingKey' | 'clock'>;
  readonly #step: number;
  readonly #lanes: number;
  readonly #lane: number;
  readonly #most: number;
  readonly #current = new LRUCache<string, CurrentKey>({ max: openKeys });
  readonly #renewals = new Map<string, Promise<void>>();
  readonly #open = new LRUCache<string, { dataKey: Promise<DataKey>; until: number }>({ max: openKeys });

  constructor(deps: Pick<Deps, 'table' | 'wrappingKey' | 'clock'>, options: TableDataKeysOptions) {
    this.#deps = deps;
    this.#step = options.messagesAtOnce;
    this.#lanes = options.lanes ?? 1;
    this.#lane = randomInt(this.#lanes);
    this.#most = options.messagesPerKey ?? mostMessages;
  }

  current(scope: DataKeyScope): Promise<DataKey> {
    const name = `${scope.tenant}#${scope.purpose}`;
    const found = this.#current.get(name);
    return this.#takeOne(found) ?? this.#renewed(name, scope, found);
  }

  /** One message of what is reserved, as long as the key is good. */
  #takeOne(found: CurrentKey | undefined): Promise<DataKey> | undefined {
    if (found === undefined || found.left === 0 || this.#deps.clock.now() >= found.until) return undefined;
    found.left -= 1;
    return found.answer;
  }

  async #renewed(name: string, scope: DataKeyScope, found: CurrentKey | undefined): Promise<DataKey> {
    await this.#once(name, () => this.#renew(name, scope, found));
    // More callers than it was renewed for may have waited.
    return this.current(scope);
  }

  async open(scope: DataKeyScope, id: DataKeyId): Promise<DataKey> {
    const name = `${scope.tenant}#${scope.purpose}#${id}`;
    const now = this.#deps.clock.now();
    const known = this.#open.get(name);
    if (known && now < known.until) return known.dataKey;
    const dataKey = this.#read(scope, id);
    const entry = { dataKey, until: now + openForMs };
    this.#open.set(name, entry);
    // What failed is asked for again by the next caller.
    dataKey.catch(() => this.#open.peek(name) === entry && this.#open.delete(name));
    return dataKey;
  }

  forget(): void {
    this.#current.clear();
    this.#open.clear();
  }

  /** Many callers may find at once that a key is used up; one of them sees to it. */
  async #once(name: string, renew: () => Promise<void>): Promise<void> {
    const running = this.#renewals.get(name);
    if (running) return running;
    const renewal = renew().finally(() => this.#renewals.delete(name));
    this.#renewals.set(name, renewal);
    return renewal;
  }

  async #renew(name: string, scope: DataKeyScope, last: CurrentKey | undefined): Promise<void> {
    const now = this.#deps.clock.now();
    const until = Math.min(now + openForMs, endOfPeriod(now));
    const known = last?.dataKey.id.startsWith(periodOf(now)) ? last : undefined;
    // Its time was up before its messages: they are still reserved, if the key is still there.
    if (known && known.left > 0) {
      const record = await this.#find(scope, known.dataKey.id);
      if (record && isLiving(record)) {
        this.#keep(name, await this.#unwrap(record), { left: known.left, until });
        return;
      }
    }
    const first = known ? numberOf(known.dataKey.id) : this.#lane + 1;
    this.#keep(name, await this.#reserve(scope, now, first), { left: this.#step, until });
  }

  /** What is sealed now is likely to be read soon. */
  #keep(name: string, dataKey: DataKey, { left, until }: Pick<CurrentKey, 'left' | 'until'>): void {
    const answer = Promise.resolve(dataKey);
    this.#current.set(name, { dataKey, answer, left, until });
    this.#open.set(`${name}#${dataKey.id}`, { dataKey: answer, until });
  }

  /** A key of this month with room for as many messages as this process takes at once: one that is there, or else a new one. */
  async #reserve(scope: DataKeyScope, now: number, first: number): Promise<DataKey> {
    for (let number = first; number <= mostNumbers; number += this.#lanes) {
      const id = DataKeyId.parse(`${periodOf(now)}.${number}`);
      const found = await this.#find(scope, id);
      const made = found ? undefined : await this.#make(scope, id, now);
      if (made) return made;
      // Where another process made it in the meantime, that one is as good.
      const record = found ?? (await this.#find(scope, id));
      const taken = record && isLiving(record) ? await this.#take(record) : undefined;
      if (taken) return taken;
    }
    throw new McError('mc:store:conflict', `there is no number left for a data key of ${scope.tenant} in this month`);
  }

  /** The key, once its row says that so many messages more are sealed with it; undefined when it has no room for them, or is gone. */
  async #take(record: LivingDataKey): Promise<DataKey | undefined> {
    if (record.reserved + this.#step > this.#most) return undefined;
    const dataKey = await this.#unwrap(record);
    const result = await this.#deps.table.write([
      {
        kind: 'update',
        key: dataKeyKey(record, record.id),
        add: { reserved: this.#step },
        conditions: [
          { kind: 'compare', field: 'reserved', op: '<=', value: this.#most - this.#step },
          { kind: 'unset', field: 'shreddedAt' },
        ],
      },
    ]);
    return result.ok ? dataKey : undefined;
  }

  /** A new key, once its row is durable; undefined when another process made this one first. */
  async #make(scope: DataKeyScope, id: DataKeyId, now: number): Promise<DataKey | undefined> {
    const { key, wrappedBy, wrapped } = await this.#deps.wrappingKey.generate(wrappingContext(scope, id));
    const item = dataKeyItem({ ...scope, id, createdAt: now, reserved: this.#step, wrappedBy, wrapped });
    const result = await this.#deps.table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }]);
    return result.ok ? { id, key: secret(key) } : undefined;
  }

  async #read(scope: DataKeyScope, id: DataKeyId): Promise<DataKey> {
    const record = await this.#find(scope, id);
    if (!record) throw new McError('mc:store:undecryptable', `there is no data key ${id} for what is kept as ${scope.purpose}`);
    if (!isLiving(record)) {
      throw new McError('mc:store:shredded', `the data key ${id} was destroyed, and with it what it had sealed as ${scope.purpose}`);
    }
    return this.#unwrap(record);
  }

  async #find(scope: DataKeyScope, id: DataKeyId): Promise<DataKeyRecord | undefined> {
    const item = await this.#deps.table.get(dataKeyKey(scope, id));
    return item && DataKeyRecord.parse(item);
  }

  async #unwrap(record: LivingDataKey): Promise<DataKey> {
    const key = await this.#deps.wrappingKey.unwrap(record, wrappingContext(record, record.id));
    return { id: record.id, key: secret(key) };
  }
}

function numberOf(id: DataKeyId): number {
  return Number(id.slice(id.indexOf('.') + 1));
}

/** The key where Node keeps secrets; the plain copy is wiped. */
function secret(key: Uint8Array): ReturnType<typeof createSecretKey> {
  const object = createSecretKey(key);
  key.fill(0);
  return object;
}
