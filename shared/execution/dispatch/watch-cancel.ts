/**
 * How a cancel reaches the attempts that run: at once in the process that accepted it, and in every other one because it looks at the heads of the
 * runs whose attempts it has. One look for all of them, so the price does not grow with the number of attempts. A home that is one process looks once at
 * the beginning of each attempt: a cancel before that is seen, and one after it comes by itself.
 */
import type { Deps } from '../../port/deps.ts';
import type { Runner } from '../../port/runner.ts';
import { headKey, type ExecutionRecord } from '../execution-record.ts';

/** A person who cancels watches; a look costs one batched read. */
const lookEveryMs = 2_000;
/** Reads of the table take so many keys. */
const headsPerRead = 100;

type RunName = Pick<ExecutionRecord, 'tenant' | 'id'>;
type LookDeps = Pick<Deps, 'table' | 'clock' | 'logger' | 'runner' | 'queue'>;

/** An attempt under watch: `signal` aborts when its run is cancelled, `end` is called once when the attempt is over. */
export interface WatchedAttempt {
  readonly signal: AbortSignal;
  end(): void;
}

/** What one process runs; its runner stands for it. */
interface Watch {
  /** The attempts of each run in this process. */
  runs: Map<string, Attempt[]>;
  /** Ends the looking; there is one while anything runs. */
  looking: AbortController | undefined;
}

/** A class, because thousands of attempts wait in a burst. */
class Attempt implements WatchedAttempt {
  readonly run: RunName;
  readonly stop = new AbortController();
  readonly #watch: Watch;

  constructor(watch: Watch, run: RunName) {
    this.#watch = watch;
    this.run = run;
    const others = watch.runs.get(run.id);
    if (others) others.push(this);
    else watch.runs.set(run.id, [this]);
  }

  get signal(): AbortSignal {
    return this.stop.signal;
  }

  end(): void {
    const { runs, looking } = this.#watch;
    const others = (runs.get(this.run.id) ?? []).filter((attempt) => attempt !== this);
    if (others.length > 0) runs.set(this.run.id, others);
    else runs.delete(this.run.id);
    if (runs.size > 0) return;
    looking?.abort();
    this.#watch.looking = undefined;
  }
}

const watches = new WeakMap<Runner, Watch>();

function watchOf({ runner }: Pick<Deps, 'runner'>): Watch {
  const watch = watches.get(runner) ?? { runs: new Map<string, Attempt[]>(), looking: undefined };
  watches.set(runner, watch);
  return watch;
}

/** Watches over an attempt of this run from now on. */
export async function watchAttempt(deps: LookDeps, run: RunName): Promise<WatchedAttempt> {
  const watch = watchOf(deps);
  const attempt = new Attempt(watch, run);
  if (deps.queue.reserve === undefined) {
    if (watch.looking === undefined) {
      watch.looking = new AbortController();
      void look(deps, watch, watch.looking.signal);
    }
    return attempt;
  }
  try {
    const head = await deps.table.get(headKey(run.tenant, run.id));
    if (head?.['outcome'] === 'cancelled') attempt.stop.abort();
    return attempt;
  } catch (error) {
    attempt.end();
    throw error;
  }
}

/** Stops the attempts of a run in this process; those of others are found by their own look. */
export function stopAttempts(deps: Pick<Deps, 'runner'>, id: string): void {
  for (const { stop } of watches.get(deps.runner)?.runs.get(id) ?? []) stop.abort();
}

async function look(deps: LookDeps, watch: Watch, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await deps.clock.sleep(lookEveryMs, signal).catch(() => undefined); // The signal is asked below.
    if (signal.aborted) return;
    try {
      await stopCancelled(deps, watch);
    } catch (error) {
      deps.logger.warn('cancelled runs could not be looked for; the next look is soon', { error });
    }
  }
}

async function stopCancelled(deps: LookDeps, watch: Watch): Promise<void> {
  const names = [...watch.runs.values()].flatMap(([first]) => first?.run ?? []);
  for (let start = 0; start < names.length; start += headsPerRead) {
    const heads = await deps.table.getMany(names.slice(start, start + headsPerRead).map(({ tenant, id }) => headKey(tenant, id)));
    for (const [index, head] of heads.entries()) {
      const name = names[start + index];
      if (name !== undefined && head?.['outcome'] === 'cancelled') stopAttempts(deps, name.id);
    }
  }
}
