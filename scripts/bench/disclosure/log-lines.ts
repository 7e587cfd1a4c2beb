/** What the tasks of a set print; the same line for the same numbers, always. */
import { hash } from 'node:crypto';

/** Sets that a pack finds easy and hard in different ways: fields to look into, text to look through, and what does not compress. */
export const logKinds = ['records', 'text', 'random'] as const;
export type LogKind = (typeof logKinds)[number];

type Printer = (index: number, mixed: number) => string;

const idOf = (mixed: number): string => mixed.toString(16).padStart(8, '0');
const readerOf = (mixed: number): string => `reader-${mixed % 5_000}@mail.example.com`;

/** What a service prints that logs in JSON: one record in 200 with an address of a person, in a field that does not tell. */
const record: Printer = (index, mixed) =>
  JSON.stringify({
    level: mixed % 50 === 0 ? 'warn' : 'info',
    time: 1_767_000_000_000 + 7 * index,
    msg: index % 200 === 0 ? `sent to ${readerOf(mixed)}` : 'request done',
    request: { id: idOf(mixed), path: `/items/${mixed % 10_000}`, status: mixed % 40 === 0 ? 404 : 200 },
    timings: { queue: mixed % 17, handler: mixed % 997 },
  });

/** What other programs print: counts, times, ids, a stack trace, now and then a record, one line in 200 with an address of a person. */
const text: Printer = (index, mixed) => {
  const id = idOf(mixed);
  if (index % 200 === 0) return `sent the report to ${readerOf(mixed)} in ${mixed % 900} ms`;
  if (index % 17 === 0)
    return JSON.stringify({ level: 'info', step: index % 40, rows: mixed % 10_000, ratio: (mixed % 997) / 997, request: id });
  if (index % 29 === 0) return `    at handle${mixed % 30} (/app/src/module-${mixed % 12}.js:${mixed % 400}:${mixed % 80})`;
  return `step ${index % 40} of the import took ${mixed % 997} ms for ${mixed % 10_000} rows, request ${id}, ${mixed % 3 === 0 ? 'cached' : 'fetched'}`;
};

/** What nobody compresses: digests and ciphertext as text, here of 192 bytes a line, one line in 200 with an address of a person. */
const random: Printer = (index, mixed) => {
  if (index % 200 === 0) return `sealed for ${readerOf(mixed)}`;
  return [0, 1, 2].map((part) => hash('sha512', `${mixed} ${index} ${part}`, 'base64')).join('');
};

const printers: Readonly<Record<LogKind, Printer>> = { records: record, text, random };

/** A line of a task. */
export function lineOf(kind: LogKind, index: number, task: number): string {
  return printers[kind](index, Math.imul(index ^ (task << 16), 2_654_435_761) >>> 0);
}
