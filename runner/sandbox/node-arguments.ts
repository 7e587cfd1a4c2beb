import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TaskPlaces } from './isolation.ts';

/** The file that runs inside the sandbox. */
export const childMain = fileURLToPath(new URL('./child-main.mjs', import.meta.url));

const mebibyte = 1024 * 1024;

/** What the former loads for a task with egress; it stands beside it on both sides of the sandbox. */
export const childEgress = fileURLToPath(new URL('./child-egress.mjs', import.meta.url));

/** Old space is what remains of the limit after young generation, code and Node's own buffers (about 64 MiB in Node 24). */
function oldSpaceMebibytes(memoryBytes: number): number {
  return Math.max(64, Math.floor(memoryBytes / mebibyte) - 64);
}

/**
 * RLIMIT_DATA counts what may be written, and an idle Node 24 already has about 576 MiB of that (V8's code range and thread stacks),
 * so the limit of the task comes on top of 600 MiB. RLIMIT_AS would kill Node at once.
 */
export function dataLimitBytes(memoryBytes: number): number {
  return memoryBytes + 600 * mebibyte;
}

/** Ways around the permission model of Node 24 that a flag closes; each has an escape in tests/contract/runner-isolation-contract.ts. */
const closedHoles = [
  // SQLite opens files by itself: with it a task reads and writes any database of this user, the home's own table among them.
  '--no-experimental-sqlite',
  // V8 writes traces to any path that `v8.setFlagsFromString('--trace-turbo-path=…')` names, and its memory limit is such a flag too.
  '--freeze-flags-after-init',
];

/** Node's own permission model, used at every level so that a package that works at one level works at all of them. */
export function nodeArguments(main: string, places: TaskPlaces, memoryBytes: number): string[] {
  return [
    '--permission',
    `--allow-fs-read=${main}`,
    `--allow-fs-read=${join(dirname(main), basename(childEgress))}`,
    `--allow-fs-read=${places.entry}`,
    `--allow-fs-read=${places.workspace}/`,
    `--allow-fs-read=${places.scratch}/`,
    `--allow-fs-write=${places.scratch}/`,
    `--max-old-space-size=${oldSpaceMebibytes(memoryBytes)}`,
    ...closedHoles,
    '--disable-warning=SecurityWarning',
    main,
  ];
}

/** The whole environment of a task, whatever the host's is. */
export function taskEnvironment(places: TaskPlaces): Record<string, string> {
  return { HOME: places.scratch, LANG: 'C.UTF-8', TMPDIR: places.scratch, TZ: 'UTC' };
}
