/**
 * Many starts in one request. Every line is a start of its own: it is planned, judged, counted and recorded as startExecution does it alone, and what
 * becomes of one line says nothing about the others.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { McError } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import type { StartRequest } from '../execution.ts';
import { refuseWhenFull } from './admit-run.ts';
import { JoinedAdmissions, type JoinedStart } from './joined-admissions.ts';
import { withLinesOf } from './lines-in-turn.ts';
import { startExecution, type StartResult } from './start-execution.ts';

/** Reads one line; throws for one that cannot be read, when it is that line's turn. */
export type ReadStart = () => StartRequest & { idempotencyKey?: string };

export type LineResult = StartResult | { kind: 'failed'; error: unknown };

export interface Batch {
  /** Gone through once, slice by slice, so what reads the later ones need not be there from the beginning. */
  lines: Iterable<ReadStart>;
  /** Stands for the whole batch; a line with a key of its own goes by that. */
  idempotencyKey?: string;
}

/**
 * Lines of a slice, which are admitted side by side and written together; while one slice is stored the next is begun. On one machine a slice shares a commit with what other work
 * writes meanwhile. DynamoDB takes 100 ops at once, and of transactions that meet on the usage of a tenant it cancels all but one: there a slice is what goes into one, three
 * ops and four for each line.
 */
export const linesAtOnce = { local: 125, aws: 24 } as const;

/** API Gateway stops listening after 30 s, and a line that has begun may wait some seconds for its turn. */
const maxMs = 20_000;

/** Slices under way at once, of all batches of a tenant. */
const slicesAtOnce = 2;

/**
 * What `answerOf` makes of the result of every line, in order; it is called when the line's slice and the begin of the next are done, so that no run is kept for the end. Throws
 * `mc:host:overloaded` before the first line when this home takes no further run. Batches of a tenant begin their lines one batch after the other, so that the first is answered while
 * the others wait, and what is half done of a few hundred starts does not fill the memory; other work goes on in between.
 */
export async function startExecutions<T>(
  deps: Deps,
  actor: Actor,
  batch: Batch,
  answerOf: (result: LineResult, index: number) => T,
): Promise<T[]> {
  refuseWhenFull(deps);
  const endMs = deps.clock.elapsedMs() + maxMs;
  const atOnce = linesAtOnce[deps.config.cloud];
  return withLinesOf(deps.table, actor.tenant, async (turns) => {
    const answers: T[] = [];
    const answer = async (results: Promise<LineResult[]> | undefined): Promise<void> => {
      for (const result of (await results) ?? []) answers.push(answerOf(result, answers.length));
    };
    const last = await turns.begin(async () => {
      let begun = 0;
      let before: Promise<LineResult[]> | undefined;
      for (const slice of slicesOf(batch.lines, atOnce)) {
        if (begun > 0) await nextTurn();
        await turns.room(slice.length, slicesAtOnce * atOnce);
        const from = begun;
        const lines = slice.map((read, at): Line => ({ read, key: keyOfLine(batch.idempotencyKey, from + at) }));
        const isLate = deps.clock.elapsedMs() >= endMs;
        const results = turns.count(slice.length, isLate ? Promise.all(slice.map(outOfTime)) : startSlice(deps, actor, lines));
        // While the disk is at work on a slice the next one is begun, and then the first is answered.
        await answer(before);
        before = results;
        begun += slice.length;
      }
      return { results: before };
    });
    // The next batch begins while the last lines of this one are stored.
    await answer(last.results);
    return answers;
  });
}

function* slicesOf<T>(values: Iterable<T>, size: number): Generator<T[]> {
  let slice: T[] = [];
  for (const value of values) {
    slice.push(value);
    if (slice.length < size) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

interface Line {
  read: ReadStart;
  key: string | undefined;
}

function startSlice(deps: Deps, actor: Actor, lines: readonly Line[]): Promise<LineResult[]> {
  const joined = new JoinedAdmissions(deps.table, { isInTurn: deps.config.cloud === 'aws' });
  const starts = lines.map((line) => ({ line, start: joined.start() }));
  return Promise.all(starts.map(({ line, start }) => startLine(deps, actor, line, start)));
}

async function startLine(deps: Deps, actor: Actor, { read, key }: Line, { write, end }: JoinedStart): Promise<LineResult> {
  try {
    return await startExecution(deps, actor, { ...(key !== undefined && { idempotencyKey: key }), ...read() }, write);
  } catch (error) {
    return { kind: 'failed', error };
  } finally {
    end();
  }
}

/** A key of its own for every line of a batch; no caller can send it, for a header holds no space. What the line asks for is in the claim's digest. */
function keyOfLine(key: string | undefined, index: number): string | undefined {
  return key === undefined ? undefined : `${key} ${index}`;
}

async function outOfTime(): Promise<LineResult> {
  return { kind: 'failed', error: new McError('mc:host:overloaded', 'The batch ran out of time before this line; it was not started.') };
}
