/**
 * Removes a folder that a task may have filled: with any number of entries, whatever they are called, shut against their owner, and deeper than a path may be
 * long. Whatever ran in it is dead, so nothing changes meanwhile; links are removed, never followed. A program (`rm`) is no way to do it: on some systems it
 * stops at long paths too, and a machine that is out of memory or processes starts none.
 */
import { randomBytes } from 'node:crypto';
import { chmod, rename, rmdir, unlink } from 'node:fs/promises';
import { entriesOf, type Entry } from './entries-of.ts';
import { hasCode } from './has-code.ts';

/** A path may have 4,096 bytes on Linux and 1,024 on macOS. What lies deeper below the folder than this is moved up before it is removed. */
const depthBytes = 512;
/** Entries looked at before these are removed: memory is taken for so many, not for all. */
const entriesAtOnce = 256;
/** For one folder, so that it is not gone on with for ever. The limit of scratch lets a task make some 16,000 entries; a chain of folders takes a turn for two. */
const turnsMax = 100_000;
/** Removed side by side; more would keep the threads that read and write files from others. */
const sideBySide = 16;

/** What is gone already needs no removing. */
async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Whether the folder is gone, which it is when it was empty. */
async function isRemoved(folder: Buffer): Promise<boolean> {
  try {
    await unlessGone(rmdir(folder));
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

async function firstOf(folder: Buffer): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of entriesOf(folder)) if (entries.push(entry) === entriesAtOnce) break;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  return entries;
}

class Removal {
  readonly #root: Buffer;
  readonly #unlocks: boolean;

  /** With `unlocks` folders are first given back to us: a task may have shut them against everybody. */
  constructor(root: Buffer, unlocks: boolean) {
    this.#root = root;
    this.#unlocks = unlocks;
  }

  async run(folder = this.#root): Promise<void> {
    for (let turn = 0; turn < turnsMax; turn += 1) {
      if (await isRemoved(folder)) return;
      await this.#unlock(folder);
      const entries = await firstOf(folder);
      if (entries.length === 0) break; // Not empty, and nothing to be seen in it: another turn would find the same.
      for (const full of await removeEach(entries)) {
        const isDeep = full.length - this.#root.length > depthBytes;
        await (isDeep ? this.#moveUp(full) : this.run(full));
      }
    }
    await unlessGone(rmdir(folder)); // Says why not.
  }

  /** Its turn comes again right below the root, under a name that nobody can have taken. */
  async #moveUp(folder: Buffer): Promise<void> {
    await this.#unlock(folder);
    const target = Buffer.concat([this.#root, Buffer.from(`/deep-${randomBytes(8).toString('hex')}`)]);
    await unlessGone(rename(folder, target));
  }

  async #unlock(folder: Buffer): Promise<void> {
    if (this.#unlocks) await unlessGone(chmod(folder, 0o700));
  }
}

/** Removes files and empty folders; gives back the folders in which there is something. */
async function removeEach(entries: readonly Entry[]): Promise<Buffer[]> {
  const full: Buffer[] = [];
  for (let at = 0; at < entries.length; at += sideBySide) {
    const some = entries.slice(at, at + sideBySide).map(async ({ path, kind }) => {
      if (kind !== 'folder') await unlessGone(unlink(path));
      else if (!(await isRemoved(path))) full.push(path);
    });
    await Promise.all(some);
  }
  return full;
}

/** Removes the folder with everything below it; one that is already gone is fine. Throws what the system says when something cannot be removed. */
export async function removeFolder(path: string): Promise<void> {
  const root = Buffer.from(path);
  try {
    await new Removal(root, false).run();
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return unlessGone(unlink(root)); // A file or a link in its place.
    if (!hasCode(error, 'EACCES')) throw error;
    await new Removal(root, true).run();
  }
}
