/**
 * Brings to the disk what was committed to the journal, while the event loop goes on. SQLite only hands a commit to the system (`synchronous = NORMAL`); its write-ahead log
 * is synced here, once at a time, for all that was committed before that began.
 */
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { McError } from '../../core/errors.ts';
import { syncFolderNow } from '../sync-folder.ts';

/** Syncs an open file; resolves when the disk has it. */
export type SyncFile = (descriptor: number) => Promise<void>;

export const syncInPool: SyncFile = promisify(fdatasync);

export class JournalSync {
  readonly #sync: SyncFile;
  /**
   * Of a write that failed the system tells each descriptor once, so what is synced at once has one of its own: else it could take away the error of a sync that is under way.
   * Neither is there for a journal in memory.
   */
  readonly #inPool: number | undefined;
  readonly #atOnce: number | undefined;
  /** The newest entry that is on the disk, and the newest that somebody waits for. */
  #synced = 0;
  #wanted = 0;
  /** Stays when it failed. */
  #underWay: Promise<void> | undefined;
  #failure: McError | undefined;

  /** `log` is the path of the write-ahead log, which is there as long as a connection is open. Throws the system's error. */
  constructor(log: string | undefined, sync: SyncFile) {
    this.#sync = sync;
    if (log === undefined) return;
    syncFolderNow(dirname(log));
    this.#inPool = openSync(log, 'r+');
    this.#atOnce = openSync(log, 'r+');
  }

  /** The newest entry that is known to be on the disk. */
  get synced(): number {
    return this.#synced;
  }

  /** Why nobody knows any more what the disk holds. */
  get failure(): McError | undefined {
    return this.#failure;
  }

  /** Resolves when this entry, which is committed, is on the disk; rejects, now and ever after, when a sync failed. */
  async onDisk(seq: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, seq);
    if (this.#inPool === undefined) this.#synced = this.#wanted;
    else while (this.#synced < seq) await (this.#underWay ??= this.#syncWanted(this.#inPool));
  }

  /** Waits for the disk until it has every entry up to this one. */
  syncNow(upTo: number): void {
    if (this.#failure) throw this.#failure;
    try {
      if (this.#atOnce !== undefined) fdatasyncSync(this.#atOnce);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#synced = Math.max(this.#synced, upTo);
  }

  /** What is under way still ends. */
  close(): void {
    const closeFiles = (): void => {
      for (const file of [this.#inPool, this.#atOnce]) if (file !== undefined) closeSync(file);
    };
    if (this.#underWay === undefined) closeFiles();
    else this.#underWay.then(closeFiles, closeFiles);
  }

  async #syncWanted(descriptor: number): Promise<void> {
    const upTo = this.#wanted;
    try {
      await this.#sync(descriptor);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#synced = Math.max(this.#synced, upTo);
    this.#underWay = undefined;
  }

  /** A further sync would succeed: the system forgets pages that it could not write. So none is asked for, and nothing is believed. */
  #fail(cause: unknown): McError {
    const message = 'the disk of the data folder failed to sync the journal; nothing is read or written before the home is started again';
    return (this.#failure ??= new McError('mc:store:unavailable', message, { cause }));
  }
}
