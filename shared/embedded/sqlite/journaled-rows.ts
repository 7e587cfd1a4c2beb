/**
 * The rows of the table behind its journal. A commit is durable as one entry of the journal; until the table's file has caught up, what changed is known from memory, so
 * everybody always reads what was acknowledged last.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import { InvariantError } from '../../core/errors.ts';
import type { Item, Key } from '../../port/table.ts';
import { folderError } from '../folder-error.ts';
import { sqliteProblem } from '../sqlite-problem.ts';
import { JournalApplier } from './apply-journal.ts';
import type { ApplierThread } from './applier-thread.ts';
import type { FindItem } from './judge-writes.ts';
import { Journal } from './journal.ts';
import { journalOf, openDatabase } from './sqlite-schema.ts';
import { cacheKey, StagedChanges } from './staged-changes.ts';
import { decodeChanges } from './stored-change.ts';
import { UnappliedItems } from './unapplied-items.ts';

/** JSON characters of the items kept in memory: half the open runs of a burst of 5,000. Twice as much starts no faster, and half as much seals slower. */
const recentChars = 12 * 1024 * 1024;
/** Items larger than this are not kept in memory. */
const recentItemChars = 16 * 1024;
/** JSON characters of changes that are applied together: a run's rows change many times while these come together, and are stored once. */
const applyChars = 6 * 1024 * 1024;
/** So little is applied at once by whoever needs it. */
const smallChars = 256 * 1024;
/** Nothing more is committed before some of so much is applied. */
const fullChars = 48 * 1024 * 1024;
/** Another program that holds the table's file is not asked again with every commit: each time takes a while. */
const retryMs = 1_000;
/** What takes the place of an item that is not there, among those kept in memory. */
const nothing = 'nothing';
const nothingChars = 100;
/** How long one waits for another process that applies, when a folder is opened or closed. */
const patienceMs = 5_000;

export class JournaledRows {
  readonly db: DatabaseSync;
  readonly #journal: Journal;
  readonly #applier: JournalApplier;
  readonly #thread: ApplierThread | undefined;
  readonly #get: StatementSync;
  readonly #keepsRecent: (key: Key) => boolean;
  /** State of the items used last, as the table's file has it; a run touches its few items a dozen times within a second. */
  readonly #recent = new LRUCache<string, Item | typeof nothing>({ maxSize: recentChars });
  readonly #unapplied = new UnappliedItems();
  /** The newest number of the journal that this process knows, and the newest that it knows to be in the table's file. */
  #seen: number;
  #applied: number;
  #forgotten = 0;
  #triesAgainAt = 0;
  #isCommitting = false;
  #isClosed = false;

  /**
   * `keepsRecent` names the items that only this process writes and that are read again soon; only those are kept in memory once they are in the file. Throws as
   * `openDatabase` does, and then nothing is open.
   */
  constructor(path: string, keepsRecent: (key: Key) => boolean, thread: ApplierThread | undefined) {
    this.#thread = thread;
    this.#keepsRecent = keepsRecent;
    this.db = openDatabase(path);
    let journal: Journal | undefined;
    try {
      this.#journal = journal = new Journal(journalOf(path));
      this.#applier = new JournalApplier(this.db, journal);
      this.#get = this.db.prepare('SELECT body FROM items WHERE pk = ? AND sk = ?');
      this.#seen = this.#applied = this.#patiently(() => this.#applier.apply());
    } catch (error) {
      journal?.close();
      this.db.close();
      throw folderError(path, error);
    }
  }

  /** Whether commits have to wait for the table's file. */
  get isFull(): boolean {
    return this.#unapplied.chars > fullChars;
  }

  /** An item as the last commit left it. Callers never change what they get. */
  readonly find: FindItem = (key, id = cacheKey(key)) => {
    const isOwn = this.#keepsRecent(key);
    if (!isOwn && !this.#isCommitting) this.#catchUp();
    const unapplied = this.#unapplied.find(id);
    if (unapplied) return unapplied.item;
    const recent = this.#recent.get(id);
    if (recent) return recent === nothing ? undefined : recent;
    const row = this.#get.get(key.pk, key.sk);
    if (row === undefined) {
      // What a commit finds absent it is about to write.
      if (isOwn && !this.#isCommitting) this.#recent.set(id, nothing, { size: nothingChars });
      return undefined;
    }
    const { item, chars } = parseBody(row['body']);
    this.#keep(id, item, chars);
    return item;
  };

  /** The item of a row that was just read from the table's file, or what was committed since. */
  sameAs({ pk, sk, body }: Key & { body: string }): Item {
    const id = cacheKey({ pk, sk });
    const recent = this.#recent.get(id);
    return this.#unapplied.find(id)?.item ?? (recent === nothing ? undefined : recent) ?? parseBody(body).item;
  }

  /** Commits what `judge` stages, in one entry; nothing is written when it throws. */
  commit(judge: (staged: StagedChanges) => void): void {
    if (this.isFull) this.#applyHere();
    const staged = new StagedChanges();
    let seq = this.#seen;
    const applied = this.#applied;
    this.#isCommitting = true;
    try {
      this.#journal.transact(() => {
        this.#catchUp();
        judge(staged);
        const changes = staged.encode();
        if (changes === '') return;
        seq = this.#seen + 1;
        this.#journal.append(seq, changes);
        if (applied > this.#forgotten) this.#journal.forget(applied);
      });
    } finally {
      this.#isCommitting = false;
    }
    if (seq === this.#seen) return;
    this.#seen = seq;
    this.#forgotten = applied;
    for (const [id, { after }] of staged.entries()) this.#unapplied.add(seq, id, { item: after?.item, chars: after?.body.length ?? 0 });
    if (this.#unapplied.chars > applyChars) this.#beginToApply();
  }

  /** Resolves when the table's file holds what was committed before, by any process; what is read from it then is not older. */
  async settled(): Promise<void> {
    this.#catchUp();
    const upTo = this.#seen;
    while (this.#applied < upTo && !this.#isClosed) {
      const busy = this.#thread?.atWork;
      if (busy) this.#note(await busy);
      else if (this.#unapplied.chars < smallChars) this.#applyHere();
      else await this.#applyMuch();
    }
  }

  /** In a pause: brings the table's file up to date and empties the journal. */
  async tidy(): Promise<void> {
    try {
      await this.settled();
      if (this.#isClosed) return;
      const applied = this.#applied;
      if (this.#forgotten < applied) this.#journal.clear(applied);
      this.#forgotten = applied;
      this.db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      // Nothing is lost: the journal keeps what the table has no room for, and the next pause tries again.
      if (sqliteProblem(error) === undefined) throw error;
    }
  }

  /** What the file lacks stays in the journal when it cannot be applied now. The thread has to be closed before. */
  close(): void {
    this.#isClosed = true;
    try {
      this.#patiently(() => this.#applyHere());
      this.#journal.clear(this.#applied);
    } catch (error) {
      if (sqliteProblem(error) === undefined) throw error;
    } finally {
      this.#journal.close();
      this.db.close();
    }
  }

  /** What cannot be applied now stays in the journal; whoever needs it in the file, and the commit that finds too much of it, hear why. */
  #beginToApply(): void {
    if (this.#thread?.atWork !== undefined || performance.now() < this.#triesAgainAt) return;
    this.#applyMuch().catch(() => (this.#triesAgainAt = performance.now() + retryMs));
  }

  /** By the thread, or by this one when there is none or it fails. */
  async #applyMuch(): Promise<void> {
    const applied = await this.#thread?.apply();
    if (applied === undefined) this.#applyHere();
    else this.#note(applied);
  }

  #applyHere(): void {
    this.#note(this.#applier.apply());
  }

  #note(applied: number | undefined): void {
    if (applied === undefined || applied <= this.#applied) return;
    this.#applied = applied;
    this.#unapplied.drop(applied, (id, item, chars) => {
      if (item === undefined || !this.#keep(id, item, chars)) this.#recent.delete(id);
    });
  }

  /** Takes note of what other processes committed: a backup writes its statement while the home runs. */
  #catchUp(): void {
    const last = this.#journal.last();
    if (last === this.#seen) return;
    for (const { seq, changes } of this.#journal.after(this.#seen)) {
      // Entries are dropped, and the newest is emptied, only when the table's file holds them.
      if (seq > this.#seen + 1) this.#note(seq - 1);
      this.#seen = seq;
      if (changes === '') this.#note(seq);
      else this.#learn(seq, changes);
    }
  }

  #learn(seq: number, changes: string): void {
    for (const { kind, body, ...key } of decodeChanges(changes)) {
      const item = kind === 'delete' ? undefined : parseBody(body).item;
      this.#unapplied.add(seq, cacheKey(key), { item, chars: body.length });
    }
  }

  /** Keeps an item in memory, if it is one of those. */
  #keep(id: string, item: Item, chars: number): boolean {
    if (chars > recentItemChars || !this.#keepsRecent(item)) return false;
    this.#recent.set(id, item, { size: chars });
    return true;
  }

  #patiently<T>(work: () => T): T {
    const wait = this.db.prepare('PRAGMA busy_timeout').get()?.['timeout'];
    this.db.exec(`PRAGMA busy_timeout = ${patienceMs}`);
    try {
      return work();
    } finally {
      this.db.exec(`PRAGMA busy_timeout = ${Number(wait)}`);
    }
  }
}

function parseBody(body: unknown): { item: Item; chars: number } {
  if (typeof body !== 'string') throw new InvariantError('a stored item is no text');
  return { item: JSON.parse(body) as Item, chars: body.length }; // Written by the table only, from an Item.
}
