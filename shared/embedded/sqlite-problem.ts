import { systemErrorField } from './system-error.ts';

/** `held` by another program; `unusable` for this user, or on this disk. */
type SqliteProblem = 'full' | 'damaged' | 'held' | 'unusable';

/** SQLite's primary result codes (sqlite.org/rescode.html) that are about the machine and not about our SQL. */
const problems: Readonly<Record<number, SqliteProblem>> = {
  3: 'unusable', // SQLITE_PERM
  5: 'held', // SQLITE_BUSY: another program holds the file for longer than the table waits.
  6: 'held', // SQLITE_LOCKED
  8: 'unusable', // SQLITE_READONLY
  10: 'unusable', // SQLITE_IOERR
  11: 'damaged', // SQLITE_CORRUPT
  13: 'full', // SQLITE_FULL
  14: 'unusable', // SQLITE_CANTOPEN
  26: 'damaged', // SQLITE_NOTADB
};

/** What is wrong with the disk or the file when SQLite fails; undefined for everything else that was thrown. */
export function sqliteProblem(error: unknown): SqliteProblem | undefined {
  const code = systemErrorField(error, 'errcode');
  // The low byte is the primary code; the rest only says more.
  return typeof code === 'number' ? problems[code % 256] : undefined;
}
