/**
 * The rows of the table behind its journal. A commit is judged against those before it, on the disk or not yet, and is durable once the journal is on the disk; until the
 * table's file has caught up, what changed is known from memory, so everybody always reads what was acknowledged last. Whoever tells somebody what he found or wrote
 * waits until it is on the disk: no answer tells of what a loss of power could undo.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { InvariantError } from '../../core/errors.ts';
import type { Item, Key } from '../../port/table.ts';
import { itemId } from '../../port/table-rules.ts';
import { folderError } from '../folder-error.ts';
import { sqliteProblem } from '../sqlite-problem.ts';
import { JournalApplier } from './apply-journal.ts';
import type { ApplierThread } from './applier-thread.ts';
import type { KnownItem } from './cached-items.ts';
import { Journal } from './journal.ts';
import type { SyncFile } from './journal-sync.ts';
import { KnownItems } from './known-items.ts';
import { journalOf, openDatabase } from './sqlite-schema.ts';
import { StagedChanges, type ItemChange } from './staged-changes.ts';
import { decodeChanges, type StoredChange } from './stored-change.ts';

/** JSON characters of changes that are applied together: a run's rows change many times while these come together, and are stored once. Half as much writes a fifth more to the disk. */
const applyChars = 12 * 1024 * 1024;
/** For so little no thread is started: whoever needs it applies it at once. */
const smallChars = 256 * 1024;
/** Nothing more is committed before some of so much is applied. */
const fullChars = 48 * 1024 * 1024;
/** Another program that holds the table's file is not asked again with every commit: each time takes a while. */
const retryMs = 1_000;
/** How long one waits for another process that applies, when a folder is opened or closed. */
const patienceMs = 5_000;

export class JournaledRows {
  readonly db: DatabaseSync;
  readonly #journal: Journal;
  readonly #applier: JournalApplier;
  readonly #thread: ApplierThread | undefined;
  readonly #get: StatementSync;
  readonly #keepsRecent: (key: Key) => boolean;
  readonly #next: StatementSync;
  readonly #known: KnownItems;
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
  constructor(path: string, keepsRecent: (key: Key) => boolean, thread: ApplierThread | undefined, sync: SyncFile) {
    this.#thread = thread;
    this.#keepsRecent = keepsRecent;
    this.#known = new KnownItems(keepsRecent);
    this.db = openDatabase(path);
    let journal: Journal | undefined;
    try {
      this.#journal = journal = new Journal(journalOf(path), sync);
      this.#applier = new JournalApplier(this.db, journal);
      this.#get = this.db.prepare('SELECT body FROM items WHERE pk = ? AND sk = ?');
      this.#next = this.db.prepare('SELECT pk, sk FROM items WHERE (pk, sk) > (?, ?) ORDER BY pk, sk LIMIT 1');
      // Numbers go on after the table's, even if the disk lost of the journal what it had said to hold: else a new entry would count as applied.
      this.#seen = this.#applied = this.#patiently(() => this.#applier.apply());
    } catch (error) {
      journal?.close();
      this.db.close();
      throw folderError(path, error);
    }
  }

  /** Whether commits have to wait for the table's file. */
  get isFull(): boolean {
    return this.#known.unappliedChars > fullChars;
  }

  /** An item as the last commit left it, with the number of the entry that says so. Callers never change what they get. */
  find(key: Key, id: string): KnownItem {
    this.#requireSound();
    if (!this.#isCommitting && !this.#keepsRecent(key)) this.#catchUp();
    const known = this.#known.find(key, id);
    if (known) return known;
    const row = this.#get.get(key.pk, key.sk);
    const found = row && parseBody(row['body']);
    // What a commit finds absent it is about to write, and others like it will follow.
    if (found === undefined && this.#isCommitting) this.#known.readNothing(key, this.#nextOf(key));
    else this.#known.read(key, id, found);
    return { item: found?.item, seq: 0 };
  }

  /** The item of a row that was just read from the table's file, or what was committed since. */
  sameAs({ pk, sk, body }: Key & { body: string }): { item: Item; seq: number } {
    const key = { pk, sk };
    const { item, seq } = this.#known.newer(key, itemId(key)) ?? {};
    return item === undefined || seq === undefined ? { item: parseBody(body).item, seq: 0 } : { item, seq };
  }

  /** Whether an entry is on the disk, so that what it says may be told. */
  isOnDisk(seq: number): boolean {
    return seq <= this.#journal.synced;
  }

  /** Resolves when it is. */
  onDisk(seq: number): Promise<void> {
    return this.#journal.onDisk(seq);
  }

  /**
   * Commits what `judge` stages, in one transaction of the journal; nothing is written when it throws. Answers the number of the entry that has to be on the disk
   * before anybody is told how he was judged.
   */
  commit(judge: (staged: StagedChanges) => void): number {
    this.#requireSound();
    if (this.isFull) this.#applyHere();
    const staged = new StagedChanges();
    let seq = this.#seen;
    const applied = this.#applied;
    this.#isCommitting = true;
    try {
      this.#journal.transact(() => {
        this.#catchUp();
        judge(staged);
        seq = this.#seen;
        for (const changes of staged.encode()) this.#journal.append((seq += 1), changes);
        if (seq > this.#seen && applied > this.#forgotten) this.#journal.forget(applied);
      });
    } finally {
      this.#isCommitting = false;
    }
    if (seq === this.#seen) return seq;
    this.#seen = seq;
    this.#forgotten = applied;
    this.#known.changed(seq, staged.changes());
    if (this.#known.unappliedChars > applyChars) this.#beginToApply();
    return seq;
  }

  /** Resolves when the table's file holds what was committed before, by any process; what is read from it then is not older. */
  async settled(): Promise<void> {
    this.#catchUp();
    const upTo = this.#seen;
    if (!this.isOnDisk(upTo)) await this.onDisk(upTo);
    while (this.#applied < upTo && !this.#isClosed) {
      const busy = this.#thread?.atWork;
      if (busy) this.#note(await busy);
      else if (this.#known.unappliedChars < smallChars && !this.#thread?.isStarted) this.#applyHere();
      else await this.#applyMuch();
    }
  }

  /** In a pause: brings the table's file up to date, empties the journal and gives back the memory of both. */
  async tidy(): Promise<void> {
    try {
      await this.settled();
      if (this.#isClosed) return;
      const applied = this.#applied;
      if (this.#forgotten < applied) this.#journal.clear(applied);
      this.#forgotten = applied;
      this.db.exec('PRAGMA wal_checkpoint(PASSIVE)');
      this.#known.release();
    } catch (error) {
      // Nothing is lost: the journal keeps what the table has no room for, and the next pause tries again.
      if (sqliteProblem(error) === undefined && error !== this.#journal.failure) throw error;
    }
  }

  /** What was committed is on the disk then; what the file lacks stays in the journal when it cannot be applied now. The thread has to be closed before. */
  close(): void {
    this.#isClosed = true;
    try {
      this.#journal.syncNow();
      this.#patiently(() => this.#applyHere());
      this.#journal.clear(this.#applied);
    } catch (error) {
      if (sqliteProblem(error) === undefined && error !== this.#journal.failure) throw error;
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

  #requireSound(): void {
    if (this.#journal.failure) throw this.#journal.failure;
  }

  #applyHere(): void {
    this.#note(this.#applier.apply());
  }

  #note(applied: number | undefined): void {
    if (applied === undefined || applied <= this.#applied) return;
    this.#applied = applied;
    this.#known.applied(applied);
  }

  /** Takes note of what other processes committed: a backup writes its statement while the home runs. */
  #catchUp(): void {
    const last = this.#journal.last();
    if (last === this.#seen) return;
    for (const { seq, changes } of this.#journal.after(this.#seen)) {
      // Entries are dropped, and the newest is emptied, only when the table's file holds them.
      if (seq > this.#seen + 1) this.#miss(seq - 1);
      this.#seen = seq;
      if (changes === '') this.#miss(seq);
      else this.#known.changed(seq, decodeChanges(changes).map(toItemChange));
    }
  }

  /** Nobody knows any more what is in some of the entries up to this one; the table's file has it. */
  #miss(upTo: number): void {
    this.#applied = Math.max(this.#applied, upTo);
    this.#known.missed(this.#applied);
  }

  /** The next key that the table's file has. */
  #nextOf({ pk, sk }: Key): Key | undefined {
    const row = this.#next.get(pk, sk);
    return row && { pk: String(row['pk']), sk: String(row['sk']) };
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

function toItemChange({ kind, pk, sk, body }: StoredChange): ItemChange {
  const key = { pk, sk };
  return {
    id: itemId(key),
    key,
    item: kind === 'delete' ? undefined : parseBody(body).item,
    body,
    isKnown: kind === 'body',
  };
}
