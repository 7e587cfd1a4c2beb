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
import { inTurn } from './in-turn.ts';
import { startExecution, type StartResult } from './start-execution.ts';

/** Reads one line; throws for one that cannot be read, when it is that line's turn. */
export type ReadStart = () => StartRequest & { idempotencyKey?: string };

export type LineResult = StartResult | { kind: 'failed'; error: unknown };

export interface Batch {
  lines: readonly ReadStart[];
  /** Stands for the whole batch; a line with a key of its own goes by that. */
  idempotencyKey?: string;
}

/**
 * Lines that are admitted side by side. On one machine they share a commit, which takes 1,000 ops: a start of three tasks has ten, one more with a key, and what
 * other work writes meanwhile needs room, for a line that is left over costs a commit of its own. DynamoDB cancels all but one of the transactions that meet on the
 * usage of a tenant, so a few in flight are all that goes through.
 */
export const linesAtOnce = { local: 80, aws: 4 } as const;

/** API Gateway stops listening after 30 s, and a line that has begun may wait some seconds for its turn. */
const maxMs = 20_000;

/**
 * What became of every line, in order; throws `mc:host:overloaded` before the first when this home takes no further run. Batches of a tenant come one after the
 * other, so that the first is answered while the others wait, and what is half done of a few hundred starts does not fill the memory; other work goes on in between.
 */
export async function startExecutions(deps: Deps, actor: Actor, batch: Batch): Promise<LineResult[]> {
  refuseWhenFull(deps);
  const endMs = deps.clock.elapsedMs() + maxMs;
  return inTurn(deps.table, actor.tenant, () => startLines(deps, actor, batch, endMs));
}

async function startLines(deps: Deps, actor: Actor, { lines, idempotencyKey }: Batch, endMs: number): Promise<LineResult[]> {
  const width = linesAtOnce[deps.config.cloud];
  const results: LineResult[] = [];
  for (let from = 0; from < lines.length; from += width) {
    if (from > 0) await nextTurn();
    if (deps.clock.elapsedMs() >= endMs) return [...results, ...lines.slice(from).map(outOfTime)];
    const slice = lines.slice(from, from + width);
    results.push(...(await Promise.all(slice.map((read, at) => startLine(deps, actor, read, keyOfLine(idempotencyKey, from + at))))));
  }
  return results;
}

async function startLine(deps: Deps, actor: Actor, read: ReadStart, key: string | undefined): Promise<LineResult> {
  try {
    return await startExecution(deps, actor, { ...(key !== undefined && { idempotencyKey: key }), ...read() });
  } catch (error) {
    return { kind: 'failed', error };
  }
}

/** A key of its own for every line of a batch; no caller can send it, for a header holds no space. What the line asks for is in the claim's digest. */
function keyOfLine(key: string | undefined, index: number): string | undefined {
  return key === undefined ? undefined : `${key} ${index}`;
}

function outOfTime(): LineResult {
  return { kind: 'failed', error: new McError('mc:host:overloaded', 'The batch ran out of time before this line; it was not started.') };
}
