/** Peak resident memory of a group of processes and all their children, from /proc. Linux only, as the peers' programs are. */
import { readdirSync, readFileSync } from 'node:fs';

const everyMs = 250;

export interface ProcessMemory {
  name: string;
  anonymousBytes: number;
  fileBytes: number;
  sharedBytes: number;
}

/** Resident memory of one process as the kernel counts it, without walking its pages. */
export function parseStatus(status: string): ProcessMemory {
  const kib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
  return {
    name: /^Name:\s+(.*)$/m.exec(status)?.[1] ?? '',
    anonymousBytes: kib('RssAnon') * 1024,
    fileBytes: kib('RssFile') * 1024,
    sharedBytes: kib('RssShmem') * 1024,
  };
}

/**
 * Memory of processes together. What processes of one program map or share (its text, the buffers of a database server) is the same memory in each of them
 * and counts once, as the largest of them sees it.
 */
export function sumMemory(processes: readonly ProcessMemory[]): number {
  const programs = Map.groupBy(processes, ({ name }) => name);
  const largest = (values: readonly number[]): number => values.reduce((max, value) => Math.max(max, value), 0);
  return [...programs.values()].reduce(
    (sum, family) =>
      sum +
      family.reduce((own, { anonymousBytes }) => own + anonymousBytes, 0) +
      largest(family.map(({ fileBytes }) => fileBytes)) +
      largest(family.map(({ sharedBytes }) => sharedBytes)),
    0,
  );
}

/** Watches until it is stopped, which answers the peak. */
export function watchMemory(roots: () => readonly number[]): () => number {
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, sumMemory(roots().flatMap(withChildren).flatMap(readMemory)));
  };
  const timer = setInterval(look, everyMs);
  return () => {
    look();
    clearInterval(timer);
    return peak;
  };
}

function withChildren(pid: number): number[] {
  const threads = orNothing(() => readdirSync(`/proc/${pid}/task`));
  const children = threads.flatMap((thread) =>
    orNothing(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number)),
  );
  return [pid, ...children.flatMap(withChildren)];
}

const readMemory = (pid: number): ProcessMemory[] => orNothing(() => [parseStatus(readFileSync(`/proc/${pid}/status`, 'utf8'))]);

/** A process may end between two looks. */
function orNothing<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}
