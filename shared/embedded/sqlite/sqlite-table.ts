/**
 * The table port on node:sqlite. Concurrent writes of one event-loop turn share one commit and one fsync (group commit); a write resolves only when its commit is on the
 * disk, so an acknowledged write survives `kill -9` and a loss of power, and so does what a read told. Conditions are judged inside the commit's transaction, so two
 * writers can never both win. A commit is an entry of a journal, which the table's file follows (journaled-rows.ts).
 */
import { McError } from '../../core/errors.ts';
import type { Item, Key, Page, Query, Table, WriteHint, WriteOp, WriteResult } from '../../port/table.ts';
import { checkItem, checkQuery, checkWrite, itemId, probeKey, refused } from '../../port/table-rules.ts';
import { AnswerLine, type Answer } from '../pace/answer-line.ts';
import { requireRoom } from '../require-room.ts';
import { sqliteProblem } from '../sqlite-problem.ts';
import type { ApplierThread } from './applier-thread.ts';
import { GroupCommit } from './group-commit.ts';
import { syncInPool, type SyncFile } from './journal-sync.ts';
import { JournaledRows } from './journaled-rows.ts';
import { judgeWrite, type FindItem, type PendingWrite } from './judge-writes.ts';
import { RowSelector } from './select-rows.ts';
import { decodeCursor, encodeCursor } from './sqlite-cursor.ts';

/** Anybody may ask for the health of a home, so a probe serves all who ask within this time. */
const probeMs = 5_000;
/** More than a page of SQLite has room for. */
const probeBytes = 8 * 1024;

export interface SqliteTableOptions {
  /** Names the items that are read again soon after they were written; only those are kept in memory. All, when it is left out. */
  keepsRecent?: (key: Key) => boolean;
  /** Applies the journal to the table's file; without it the thread that commits does. */
  thread?: ApplierThread;
  /** Brings the journal to the disk; only tests have another. */
  sync?: SyncFile;
  /** Whether callers wait, so that steps of runs are answered a few at a time. Never, when it is left out. */
  isUnderLoad?: () => boolean;
}

export class SqliteTable implements Table {
  readonly #path: string;
  readonly #rows: JournaledRows;
  readonly #selector: RowSelector;
  readonly #writes = new GroupCommit<PendingWrite>({
    commit: (batch) => this.#commit(batch),
    idle: () => void this.#rows.tidy(),
  });
  readonly #answers: AnswerLine;
  readonly #find: FindItem = (key, id) => this.#rows.find(key, id).item;
  #probe: { at: number; result: Promise<void> } | undefined;
  #isClosed = false;

  /** Throws as `openDatabase` does, and then nothing is open. */
  constructor(path: string, { keepsRecent = () => true, thread, sync = syncInPool, isUnderLoad = () => false }: SqliteTableOptions = {}) {
    this.#path = path;
    this.#rows = new JournaledRows(path, keepsRecent, thread, sync);
    this.#answers = new AnswerLine(isUnderLoad);
    this.#selector = new RowSelector(this.#rows.db);
  }

  async get(key: Key): Promise<Item | undefined> {
    const { item, seq } = reading(() => this.#rows.find(key, itemId(key)));
    if (!this.#rows.isOnDisk(seq)) await this.#rows.onDisk(seq);
    return item;
  }

  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    if (keys.length > 100) throw refused(`at most 100 items can be read at once, asked for ${keys.length}`);
    return this.#told(reading(() => keys.map((key) => this.#rows.find(key, itemId(key)))));
  }

  async query(query: Query): Promise<Page> {
    checkQuery(query);
    const position = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    await this.#rows.settled().catch((error: unknown) => {
      throw storeError(error);
    });
    const rows = reading(() => this.#selector.select(query, position));
    const page: Page = { items: await this.#told(rows.slice(0, query.limit).map((row) => this.#rows.sameAs(row))) };
    const last = rows[query.limit - 1];
    if (rows.length > query.limit && last) page.cursor = encodeCursor(last);
    return page;
  }

  /** The items, once all of what they say is on the disk. */
  async #told<T>(found: readonly { item: T; seq: number }[]): Promise<T[]> {
    const seq = found.reduce((newest, { seq }) => Math.max(newest, seq), 0);
    if (!this.#rows.isOnDisk(seq)) await this.#rows.onDisk(seq);
    return found.map(({ item }) => item);
  }

  async write(ops: readonly WriteOp[], { isForCaller }: WriteHint = { isForCaller: false }): Promise<WriteResult> {
    const ids = checkWrite(ops);
    return new Promise<WriteResult>((resolve, reject) => this.#enqueue({ ops, ids, isForCaller, resolve, reject }));
  }

  async putMany(items: readonly Item[]): Promise<void> {
    items.forEach(checkItem);
    const writes: Promise<unknown>[] = [];
    for (let start = 0; start < items.length; start += 100) {
      const some = items.slice(start, start + 100);
      const [ops, ids] = [some.map((item): WriteOp => ({ kind: 'put', item })), some.map(itemId)];
      writes.push(new Promise((resolve, reject) => this.#enqueue({ ops, ids, isForCaller: false, resolve, reject })));
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

  /** Commits what is pending, waits for the disk and closes the files; later writes are refused. */
  close(): void {
    this.#writes.close();
    this.#isClosed = true;
    this.#rows.close();
  }

  #enqueue(write: PendingWrite): void {
    if (this.#isClosed) {
      write.reject(new McError('mc:store:unavailable', 'the table is closed'));
      return;
    }
    this.#writes.add(write);
  }

  /** Commits writes together, and answers every caller when what they were judged by is on the disk. */
  async #commit(batch: readonly PendingWrite[]): Promise<void> {
    const answers: Answer[] = [];
    try {
      const seq = this.#rows.commit((staged) => {
        for (const write of batch) answers.push({ give: judgeWrite(write, staged, this.#find), isForCaller: write.isForCaller });
      });
      // More would be kept in memory than there should be; whatever fails meanwhile, the next commit finds out by itself.
      if (this.#rows.isFull) this.#writes.hold(this.#rows.settled().catch(() => undefined));
      await this.#rows.onDisk(seq);
    } catch (error) {
      const failure = storeError(error);
      for (const write of batch) write.reject(failure);
      return;
    }
    this.#answers.give(answers);
  }
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw storeError(error);
  }
}

/** SQLite's own failures as ours: a full disk, a damaged file and one that somebody else holds are told apart, because their fixes are others. */
function storeError(error: unknown): unknown {
  const problem = sqliteProblem(error);
  if (problem === 'full') return new McError('mc:store:full', 'the disk of the data folder is full; nothing was written', { cause: error });
  if (problem === 'damaged') return new McError('mc:store:damaged', 'the table of the data folder is damaged', { cause: error });
  if (problem === 'held')
    return new McError('mc:store:unavailable', 'another program holds the table of the data folder; end it, or wait', { cause: error });
  if (problem === 'unusable') return new McError('mc:store:unavailable', 'the data folder cannot be read or written', { cause: error });
  return error;
}
