/**
 * The table port on node:sqlite. Concurrent writes of one event-loop turn share one transaction and one fsync (group commit);
 * a write resolves only after its commit, so an acknowledged write survives `kill -9`. Conditions are judged inside the transaction, so
 * two writers can never both win.
 */
import { type DatabaseSync, type StatementSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import { InvariantError, McError } from '../../core/errors.ts';
import type { Item, Key, Page, Query, Table, WriteOp, WriteResult } from '../../port/table.ts';
import { checkItem, checkItemBytes, checkQuery, checkWrite, holds, keyOf, probeKey, refused, updated } from '../../port/table-rules.ts';
import { requireRoom } from '../require-room.ts';
import { sqliteProblem } from '../sqlite-problem.ts';
import { systemErrorField } from '../system-error.ts';
import type { CheckpointThread } from './checkpoint-thread.ts';
import { GroupCommit } from './group-commit.ts';
import { openDatabase } from './sqlite-schema.ts';
import { decodeCursor, encodeCursor, type CursorPosition } from './sqlite-cursor.ts';
import { cacheKey, StagedChanges, type Before, type StagedChange } from './staged-changes.ts';

interface PendingWrite {
  ops: readonly WriteOp[];
  resolve: (result: WriteResult) => void;
  reject: (error: unknown) => void;
}

/** JSON characters of the items kept in memory: half the open runs of a burst of 5,000. Twice as much starts no faster, and half as much seals slower. */
const recentChars = 12 * 1024 * 1024;
/** Items larger than this are not kept in memory. */
const recentItemChars = 16 * 1024;
/** JSON characters that were written since the log was last moved into the table; with indexes and whole pages three times as much is in the log. */
const checkpointChars = 8 * 1024 * 1024;
/** Anybody may ask for the health of a home, so a probe serves all who ask within this time. */
const probeMs = 5_000;
/** More than a page of SQLite has room for. */
const probeBytes = 8 * 1024;

export class SqliteTable implements Table {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #get: StatementSync;
  readonly #insert: StatementSync;
  readonly #put: StatementSync;
  readonly #replaceBody: StatementSync;
  readonly #delete: StatementSync;
  readonly #queries = new Map<string, StatementSync>();
  readonly #keepsRecent: (key: Key) => boolean;
  /** Newest committed state of the items used last; a run touches its few items a dozen times within a second. */
  readonly #recent = new LRUCache<string, Item>({ maxSize: recentChars });
  readonly #writes = new GroupCommit<PendingWrite>({ commit: (batch) => this.#commit(batch), idle: () => this.#checkpoint() });
  readonly #checkpoints: CheckpointThread | undefined;
  #writtenChars = 0;
  #probe: { at: number; result: Promise<void> } | undefined;
  #isClosed = false;

  /**
   * `keepsRecent` names the items that are read again soon after they were written; only those are kept in memory. Without a thread for checkpoints this one makes
   * them.
   */
  constructor(path: string, keepsRecent: (key: Key) => boolean = () => true, checkpoints?: CheckpointThread) {
    this.#path = path;
    this.#checkpoints = checkpoints;
    this.#db = openDatabase(path);
    this.#keepsRecent = keepsRecent;
    this.#get = this.#db.prepare('SELECT body FROM items WHERE pk = ? AND sk = ?');
    const insert = 'INSERT INTO items (pk, sk, g1pk, g1sk, g2pk, g2sk, ttl, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
    this.#insert = this.#db.prepare(insert);
    this.#put = this.#db.prepare(
      `${insert}
       ON CONFLICT (pk, sk) DO UPDATE SET g1pk = excluded.g1pk, g1sk = excluded.g1sk, g2pk = excluded.g2pk, g2sk = excluded.g2sk,
         ttl = excluded.ttl, body = excluded.body`,
    );
    this.#replaceBody = this.#db.prepare('UPDATE items SET body = ? WHERE pk = ? AND sk = ?');
    this.#delete = this.#db.prepare('DELETE FROM items WHERE pk = ? AND sk = ?');
  }

  async get(key: Key): Promise<Item | undefined> {
    return reading(() => this.#read(key));
  }

  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    if (keys.length > 100) throw refused(`at most 100 items can be read at once, asked for ${keys.length}`);
    return reading(() => keys.map((key) => this.#read(key)));
  }

  async query(query: Query): Promise<Page> {
    checkQuery(query);
    const position = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const rows = reading(() => this.#select(query, position));
    const page: Page = { items: rows.slice(0, query.limit).map((row) => this.#recent.get(cacheKey(row)) ?? parseBody(row.body).item) };
    const last = rows[query.limit - 1];
    if (rows.length > query.limit && last) page.cursor = encodeCursor(last);
    return page;
  }

  async write(ops: readonly WriteOp[]): Promise<WriteResult> {
    checkWrite(ops);
    return new Promise<WriteResult>((resolve, reject) => this.#enqueue({ ops, resolve, reject }));
  }

  async putMany(items: readonly Item[]): Promise<void> {
    items.forEach(checkItem);
    const writes: Promise<unknown>[] = [];
    for (let start = 0; start < items.length; start += 100) {
      const ops = items.slice(start, start + 100).map((item): WriteOp => ({ kind: 'put', item }));
      writes.push(new Promise((resolve, reject) => this.#enqueue({ ops, resolve, reject })));
    }
    await Promise.all(writes);
  }

  async probe(): Promise<void> {
    const now = performance.now();
    if (this.#probe === undefined || now - this.#probe.at > probeMs) this.#probe = { at: now, result: this.#tryWrite() };
    return this.#probe.result;
  }

  /** The item takes pages that the file may have to grow for, and gives them back. */
  async #tryWrite(): Promise<void> {
    await requireRoom(this.#path);
    await this.write([{ kind: 'put', item: { ...probeKey, filler: 'x'.repeat(probeBytes) } }]);
    await this.write([{ kind: 'delete', key: probeKey }]);
  }

  /** Commits what is pending and closes the file; later writes are refused. */
  close(): void {
    this.#writes.close();
    this.#isClosed = true;
    this.#db.close();
  }

  #enqueue(write: PendingWrite): void {
    if (this.#isClosed) {
      write.reject(new McError('mc:store:unavailable', 'the table is closed'));
      return;
    }
    this.#writes.add(write);
  }

  /** Under load the thread moves the log while commits go on; SQLite itself does in a commit what it did not get done. */
  #countWritten(chars: number): void {
    this.#writtenChars += chars;
    if (this.#checkpoints === undefined || this.#writtenChars < checkpointChars) return;
    this.#writtenChars = 0;
    this.#checkpoints.begin();
  }

  /** Moves what is left of the write-ahead log into the table in a pause, so that no commit has to. */
  #checkpoint(): void {
    this.#writtenChars = 0;
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      // Nothing is lost: the log keeps what the table has no room for, and the next pause tries again.
      if (sqliteProblem(error) === undefined) throw error;
    }
  }

  /** Commits writes together, then answers every caller. */
  #commit(batch: readonly PendingWrite[]): void {
    try {
      for (const answer of this.#transact(batch)) answer();
    } catch (error) {
      const failure = storeError(error);
      for (const write of batch) write.reject(failure);
    }
  }

  /** Items that should not be there are not looked for: the insert finds one that is, and then everything is judged again by what is really there. */
  #transact(batch: readonly PendingWrite[]): (() => void)[] {
    try {
      return this.#tryTransact(batch, { assumesAbsent: true });
    } catch (error) {
      if (!isRowThere(error)) throw error;
      return this.#tryTransact(batch, { assumesAbsent: false });
    }
  }

  /** One transaction; throws when nothing of it was stored. */
  #tryTransact(batch: readonly PendingWrite[], { assumesAbsent }: { assumesAbsent: boolean }): (() => void)[] {
    const staged = new StagedChanges();
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const answers = batch.map((write) => this.#apply(write, staged, assumesAbsent));
      for (const [, change] of staged.entries()) this.#store(change);
      this.#db.exec('COMMIT');
      let chars = 0;
      for (const [id, change] of staged.entries()) {
        this.#remember(id, change);
        chars += change.after?.body.length ?? 0;
      }
      this.#countWritten(chars);
      return answers;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Judges all conditions of a write, then stages all its changes; nothing is staged unless everything holds. Answers go out after the commit. */
  #apply(write: PendingWrite, staged: StagedChanges, assumesAbsent: boolean): () => void {
    const { ops, resolve, reject } = write;
    const failed: number[] = [];
    const changes: [string, StagedChange][] = [];
    try {
      for (const [index, op] of ops.entries()) {
        const key = keyOf(op);
        const id = cacheKey(key);
        const before = this.#before(op, id, { staged, assumesAbsent });
        const item = before.kind === 'row' ? before.item : undefined;
        if (before.kind !== 'assumed-none' && !(op.conditions ?? []).every((condition) => holds(condition, item))) failed.push(index);
        else if (op.kind === 'put') changes.push([id, { key, before, after: serialised(op.item) }]);
        else if (op.kind === 'update') changes.push([id, { key, before, after: serialised(updated(op.key, item, op)) }]);
        else if (op.kind === 'delete') changes.push([id, { key, before, after: undefined }]);
      }
    } catch (error) {
      if (error instanceof McError) return () => reject(error); // This write alone is refused; the others of the batch go on.
      throw error;
    }
    if (failed.length > 0) {
      // Only what is stored finds out about guesses, so a write that is refused is judged by what is there.
      if (changes.some(([, { before }]) => before.kind === 'assumed-none')) return this.#apply(write, staged, false);
      return () => resolve({ ok: false, failed });
    }
    for (const [id, change] of changes) staged.stage(id, change);
    return () => resolve({ ok: true });
  }

  /** The row that the op meets, as far as the op needs to know it. */
  #before(op: WriteOp, id: string, { staged, assumesAbsent }: { staged: StagedChanges; assumesAbsent: boolean }): Before {
    const known = staged.find(id);
    if (known) return known.after ? { kind: 'row', item: known.after.item } : { kind: 'none' };
    const recent = this.#recent.get(id);
    if (recent) return { kind: 'row', item: recent };
    const conditions = op.conditions ?? [];
    if (op.kind !== 'update' && conditions.length === 0) return { kind: 'unread' };
    if (assumesAbsent && op.kind === 'put' && conditions.every(({ kind }) => kind === 'absent')) return { kind: 'assumed-none' };
    const item = this.#select1(keyOf(op), id);
    return item ? { kind: 'row', item } : { kind: 'none' };
  }

  #store({ key: { pk, sk }, before, after }: StagedChange): void {
    if (after === undefined) {
      // Put and deleted by writes of one transaction: the first of them was told that nothing was there.
      if (before.kind === 'assumed-none' && this.#get.get(pk, sk)) throw new RowIsThere();
      if (before.kind === 'row' || before.kind === 'unread') this.#delete.run(pk, sk);
      return;
    }
    const { item, body } = after;
    // In place SQLite need not touch the indexes.
    if (before.kind === 'row' && haveSameKeys(before.item, item)) {
      this.#replaceBody.run(body, pk, sk);
      return;
    }
    const { gsi1pk = null, gsi1sk = null, gsi2pk = null, gsi2sk = null, ttl = null } = item;
    const statement = before.kind === 'none' || before.kind === 'assumed-none' ? this.#insert : this.#put;
    statement.run(pk, sk, gsi1pk, gsi1sk, gsi2pk, gsi2sk, ttl, body);
  }

  #remember(id: string, { after }: StagedChange): void {
    if (!after || !this.#keep(id, after)) this.#recent.delete(id);
  }

  /** Keeps a committed item in memory, if it is one of those. */
  #keep(id: string, { item, body }: { item: Item; body: string }): boolean {
    if (body.length > recentItemChars || !this.#keepsRecent(item)) return false;
    this.#recent.set(id, item, { size: body.length });
    return true;
  }

  /** The item as the last transaction left it. Callers never change what they get. */
  #read(key: Key): Item | undefined {
    const id = cacheKey(key);
    return this.#recent.get(id) ?? this.#select1(key, id);
  }

  /** The stored row; a run that had to wait is read once, and then worked on for a while. */
  #select1({ pk, sk }: Key, id: string): Item | undefined {
    const row = this.#get.get(pk, sk);
    if (row === undefined) return undefined;
    const stored = parseBody(row['body']);
    this.#keep(id, stored);
    return stored.item;
  }

  #select(query: Query, position: CursorPosition | undefined): (CursorPosition & Key & { body: unknown })[] {
    const [pk, sk] = query.index === 'gsi1' ? ['g1pk', 'g1sk'] : query.index === 'gsi2' ? ['g2pk', 'g2sk'] : ['pk', 'sk'];
    const direction = query.reverse ? 'DESC' : 'ASC';
    const after = query.reverse ? '<' : '>';
    const upper = query.prefix === undefined ? query.to : undefined;
    const parts = [`SELECT ${sk} AS sort, rowid AS id, pk, sk, body FROM items WHERE ${pk} = ?`];
    const values: (string | number)[] = [query.pk];
    const where = (sql: string, ...bound: (string | number)[]): void => {
      parts.push(`AND ${sql}`);
      values.push(...bound);
    };
    if (query.index) where(`${sk} IS NOT NULL`);
    if (query.from !== undefined) where(`${sk} >= ?`, query.from);
    if (upper !== undefined) where(`${sk} <= ?`, upper);
    if (query.prefix !== undefined && query.prefix !== '') where(`${sk} >= ? AND ${sk} < ?`, query.prefix, afterPrefix(query.prefix));
    if (position) where(`(${sk}, rowid) ${after} (?, ?)`, position.sort, position.id);
    parts.push(`ORDER BY ${sk} ${direction}, rowid ${direction} LIMIT ?`);
    values.push(query.limit + 1);
    return this.#prepared(parts.join(' '))
      .all(...values)
      .map((row) => ({
        sort: String(row['sort']),
        id: Number(row['id']),
        pk: String(row['pk']),
        sk: String(row['sk']),
        body: row['body'],
      }));
  }

  #prepared(sql: string): StatementSync {
    const known = this.#queries.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#queries.set(sql, statement);
    return statement;
  }
}

function serialised(item: Item): { item: Item; body: string } {
  const body = JSON.stringify(item);
  checkItemBytes(item, body.length);
  return { item, body };
}

const keyFields = ['gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk', 'ttl'] as const;
const haveSameKeys = (left: Item, right: Item): boolean => keyFields.every((field) => left[field] === right[field]);

/** U+10FFFF is the largest code point, so every string with the prefix sorts before prefix + U+10FFFF. */
function afterPrefix(prefix: string): string {
  return `${prefix}\u{10FFFF}`;
}

function parseBody(body: unknown): { item: Item; body: string } {
  if (typeof body !== 'string') throw new InvariantError('a stored item is no text');
  return { item: JSON.parse(body) as Item, body }; // Written by this class only, from an Item.
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw storeError(error);
  }
}

/** SQLite's extended code of a row whose primary key is taken. */
const primaryKeyTaken = 1555;

class RowIsThere extends Error {
  readonly errcode = primaryKeyTaken;
}

const isRowThere = (error: unknown): boolean => systemErrorField(error, 'errcode') === primaryKeyTaken;

/** SQLite's own failures as ours: a full disk and a damaged file are told apart, because their fixes are others. */
function storeError(error: unknown): unknown {
  const problem = sqliteProblem(error);
  if (problem === 'full') return new McError('mc:store:full', 'the disk of the data folder is full; nothing was written', { cause: error });
  if (problem === 'damaged') return new McError('mc:store:damaged', 'the table of the data folder is damaged', { cause: error });
  if (problem === 'unusable') return new McError('mc:store:unavailable', 'the data folder cannot be read or written', { cause: error });
  return error;
}
