/**
 * What a task left in scratch, for the log of its attempt. Looked at from outside after everything inside is dead: a task can neither hide a file from
 * this list nor swap a folder for a link while it is made. It is bounded, however many files there are and whatever they are called.
 */
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { entriesOf, type Entry } from './scratch/entries-of.ts';

/** Paths named one by one; the rest is counted. */
const listedFiles = 50;
/** Entries looked at; a task can make millions of empty files. */
const entriesMax = 10_000;
const pathChars = 200;

/** A folder that stays readable after the file system it is in was left by all processes. */
export interface HeldScratch {
  path: string;
  release(): Promise<void>;
}

/** Holds scratch inside a running sandbox by its first process; undefined when that is gone already, or may not be looked into. */
export async function holdScratch(pid: number, scratch: string): Promise<HeldScratch | undefined> {
  let handle: FileHandle;
  try {
    // The root inside is read-only, so the last step is the mount itself, never a link of the task's.
    handle = await open(`/proc/${pid}/root${scratch}`, 'r');
  } catch {
    return undefined; // Without it there is no list, and the log says that.
  }
  return { path: `/proc/self/fd/${handle.fd}`, release: () => handle.close() };
}

interface Found {
  /** Below scratch, as text: what is not UTF-8 in it is shown as `\ufffd`. */
  path: string;
  kind: Exclude<Entry['kind'], 'folder'>;
  sizeBytes: number;
}

interface Walk {
  found: Found[];
  entries: number;
  isWhole: boolean;
}

/** One folder: its files go to the list, its folders to `open`. Links are named, never followed. */
async function walkFolder(root: Buffer, folder: Buffer, walk: Walk, open: Buffer[]): Promise<void> {
  for await (const { path, kind } of entriesOf(folder)) {
    walk.entries += 1;
    if (walk.entries > entriesMax) {
      walk.isWhole = false;
      return;
    }
    if (kind === 'folder') open.push(path);
    else walk.found.push({ path: path.subarray(root.length + 1).toString(), kind, sizeBytes: (await lstat(path)).size });
  }
}

function render({ path, kind, sizeBytes }: Found): string {
  // As JSON: a name may hold newlines, quotes and control characters, and must not make lines of its own.
  const name = JSON.stringify(path.length > pathChars ? `${path.slice(0, pathChars)}…` : path);
  return kind === 'file' ? `${name} ${sizeBytes}` : `${name} ${kind}`;
}

/** One line that names what was left below a folder; undefined when that is nothing. */
export async function describeScratch(scratch: string): Promise<string | undefined> {
  const root: Buffer = Buffer.from(scratch);
  const walk: Walk = { found: [], entries: 0, isWhole: true };
  const open = [root];
  try {
    for (let folder = open.pop(); folder !== undefined && walk.isWhole; folder = open.pop()) await walkFolder(root, folder, walk, open);
  } catch {
    walk.isWhole = false; // A folder that not even its owner may look into.
  }
  if (walk.entries === 0 && walk.isWhole) return undefined;
  walk.found.sort((a, b) => (a.path < b.path ? -1 : 1));
  const total = walk.found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const listed = walk.found.slice(0, listedFiles).map(render);
  const more = walk.found.length > listedFiles ? [`and ${walk.found.length - listedFiles} more`] : [];
  const partly = walk.isWhole ? '' : ' or more, because not all could be looked at';
  return `left in scratch: ${walk.found.length} files, ${total} bytes${partly}${listed.length === 0 ? '' : `: ${[...listed, ...more].join(', ')}`}`;
}
