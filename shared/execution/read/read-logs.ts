/** The log of a run: the lines of all ended attempts, oldest attempt first. */
import { z } from 'zod';
import type { Digest } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { shownValue } from '../../core/text/shown-value.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import type { TaskRecord } from '../execution-record.ts';
import { isTerminal } from '../execution.ts';
import { purgedError } from '../purge-mark.ts';
import { getExecutionRecord, listTasks } from '../execution-store.ts';
import { parseExecutionId } from './get-execution.ts';

/** One log line as the API answers it. */
export const LogRecord = z
  .strictObject({
    at: z.iso.datetime(),
    taskId: z.string(),
    attempt: z.int().positive(),
    stream: z.enum(['stdout', 'stderr', 'system']),
    text: z.string(),
  })
  .meta({ id: 'LogRecord' });
export type LogRecord = z.infer<typeof LogRecord>;

const StoredLine = z.object({ at: z.number(), stream: LogRecord.shape.stream, text: z.string(), taskId: z.string(), attempt: z.int() });

/** What a page has at most; at least one whole attempt is read for it. */
const perPage = {
  lines: 1_000,
  /** Of lines as they are stored, which is about as they are answered. A function answers 6 MB, in which quotes and backslashes are escaped once more. */
  bytes: 1_500_000,
} as const;

export interface LogPage {
  lines: LogRecord[];
  /** Position to go on from; also given at the end of a run that still goes on, so that a reader can follow. */
  cursor: string;
  /** No more lines will come. */
  done: boolean;
}

/**
 * A position counts the attempts already read of each task (two base-36 digits a task, in the order of task ids), so it stays short for large runs
 * and misses nothing when a task that ended earlier is written later. `line` counts the lines read of the next attempt of task `at`.
 */
const Position = z.strictObject({
  read: z
    .string()
    .regex(/^[0-9a-z]*$/)
    .max(1_000),
  at: z.string().optional(),
  line: z.int().nonnegative(),
});
type Position = z.infer<typeof Position>;

/** One page of the log, of the whole run or one task; `mc:request:invalid` for a task that the run does not have, which would look like one that said nothing. */
export async function readLogs(
  deps: Pick<Deps, 'table' | 'blobs'>,
  actor: Actor,
  query: { id: string; taskId?: string; cursor?: string },
): Promise<LogPage> {
  const executionId = parseExecutionId(query.id);
  const head = await getExecutionRecord(deps, actor.tenant, executionId);
  if (head.logsPurge) throw purgedError(executionId, head.logsPurge, 'its log');
  const tasks = await listTasks(deps, head);
  if (query.taskId !== undefined) requireTask(query.taskId, tasks);
  const position: Position = query.cursor === undefined ? { read: '', line: 0 } : decode(query.cursor);
  const read = new Map(tasks.map((task, index) => [task.id, parseInt(position.read.slice(2 * index, 2 * index + 2) || '0', 36)]));
  const page = new PageOfLines();
  let rest: Pick<Position, 'at' | 'line'> = { line: 0 };
  for (const attempt of unread(tasks, read, query.taskId)) {
    const skip = attempt.taskId === position.at && attempt.isNext ? position.line : 0;
    const all = await storedLines(deps, actor, attempt.logDigest);
    const line = page.take(all, skip);
    if (line < all.length) {
      rest = { at: attempt.taskId, line };
      break;
    }
    read.set(attempt.taskId, attempt.attempt);
  }
  const isSealed = isTerminal(head.state);
  const cursor = encode({ read: tasks.map((task) => (read.get(task.id) ?? 0).toString(36).padStart(2, '0')).join(''), ...rest });
  return { lines: page.lines, cursor, done: isSealed && rest.at === undefined };
}

function requireTask(taskId: string, tasks: readonly TaskRecord[]): void {
  const ids = tasks.map(({ id }) => id);
  if (ids.includes(taskId)) return;
  const issue = { code: 'unknown-task', pointer: '/query/task', message: `the run has no task ${taskId}` };
  const near = nearest(taskId, ids);
  const fix = near === undefined ? 'Name one of its tasks, or none for all of them.' : `Use ${near}, if that was meant.`;
  throw new McError('mc:request:invalid', issue.message, {
    issues: [{ ...issue, got: shownValue(taskId), allowed: shownValue(ids.join(', ')), fix }],
  });
}

interface UnreadLog {
  taskId: string;
  attempt: number;
  /** The first unread one of its task. */
  isNext: boolean;
  /** Not before any attempt ahead of it. */
  endedAt: string;
  logDigest: Digest | null;
}

function unread(tasks: readonly TaskRecord[], read: ReadonlyMap<string, number>, taskId: string | undefined): UnreadLog[] {
  return tasks
    .filter((task) => taskId === undefined || task.id === taskId)
    .flatMap((task) => {
      const from = read.get(task.id) ?? 0;
      // A clock may go back, and attempts may run on several machines: one that counts as ended before those ahead of it would be counted as read with them, and left out.
      let latest = '';
      // Compensations come after every attempt of the work, so the place in both lists together never changes.
      return [...task.attempts, ...task.compensationAttempts].flatMap(({ endedAt, logDigest }, index) => {
        const attempt = index + 1;
        if (endedAt !== null && endedAt > latest) latest = endedAt;
        if (attempt <= from || endedAt === null) return [];
        return [{ taskId: task.id, attempt, isNext: attempt === from + 1, endedAt: latest, logDigest }];
      });
    })
    .sort((a, b) => (a.endedAt < b.endedAt ? -1 : a.endedAt > b.endedAt ? 1 : a.attempt - b.attempt));
}

async function storedLines(deps: Pick<Deps, 'blobs'>, actor: Actor, digest: Digest | null): Promise<string[]> {
  if (digest === null) return [];
  const bytes = await deps.blobs.find(actor.tenant, 'log', digest);
  if (!bytes) return [];
  return Buffer.from(bytes).toString('utf8').split('\n').filter(Boolean);
}

class PageOfLines {
  readonly lines: LogRecord[] = [];
  #bytes = 0;

  /** Takes the lines from this one on that have room, and answers how many of `stored` are read with them. */
  take(stored: readonly string[], from: number): number {
    let read = from;
    for (const text of stored.slice(from, from + perPage.lines - this.lines.length)) {
      this.#bytes += Buffer.byteLength(text);
      // The first line is given however long it is: nobody would get past it.
      if (this.#bytes > perPage.bytes && this.lines.length > 0) break;
      const line = StoredLine.parse(JSON.parse(text));
      this.lines.push({ ...line, at: isoTime(line.at) });
      read++;
    }
    return read;
  }
}

function encode(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function decode(cursor: string): Position {
  try {
    return Position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new McError('mc:request:invalid', 'the cursor is not one that this log gave out', { cause });
  }
}
