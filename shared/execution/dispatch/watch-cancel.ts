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

/** The attempts of one run in this process. */
interface WatchedRun {
  name: RunName;
  stops: Set<AbortController>;
}

/** What one process runs; its runner stands for it. */
interface Watch {
  runs: Map<string, WatchedRun>;
  /** Ends the looking; there is one while anything runs. */
  looking: AbortController | undefined;
}

const watches = new WeakMap<Runner, Watch>();

function watchOf({ runner }: Pick<Deps, 'runner'>): Watch {
  const watch = watches.get(runner) ?? { runs: new Map<string, WatchedRun>(), looking: undefined };
  watches.set(runner, watch);
  return watch;
}

/** An attempt under watch: `signal` aborts when its run is cancelled, `end` is called once when the attempt is over. */
export interface WatchedAttempt {
  signal: AbortSignal;
  end(): void;
}

/** Watches over an attempt from now on. */
export async function watchAttempt(deps: LookDeps, { tenant, id }: RunName): Promise<WatchedAttempt> {
  const watch = watchOf(deps);
  const run = watch.runs.get(id) ?? { name: { tenant, id }, stops: new Set() };
  const stop = new AbortController();
  run.stops.add(stop);
  watch.runs.set(id, run);
  const isOneProcess = deps.queue.reserve !== undefined;
  if (!isOneProcess && watch.looking === undefined) {
    watch.looking = new AbortController();
    void look(deps, watch, watch.looking.signal);
  }
  const end = (): void => {
    run.stops.delete(stop);
    // A new attempt of this run may stand in the map under the same name by now.
    if (run.stops.size === 0 && watch.runs.get(id) === run) watch.runs.delete(id);
    if (watch.runs.size > 0) return;
    watch.looking?.abort();
    watch.looking = undefined;
  };
  if (isOneProcess) {
    const head = await deps.table.get(headKey(tenant, id)).catch((error: unknown) => {
      end();
      throw error;
    });
    if (head?.['outcome'] === 'cancelled') stop.abort();
  }
  return { signal: stop.signal, end };
}

/** Stops the attempts of a run in this process; those of others are found by their own look. */
export function stopAttempts(deps: Pick<Deps, 'runner'>, id: string): void {
  for (const stop of watches.get(deps.runner)?.runs.get(id)?.stops ?? []) stop.abort();
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
  const names = [...watch.runs.values()].map(({ name }) => name);
  for (let start = 0; start < names.length; start += headsPerRead) {
    const heads = await deps.table.getMany(names.slice(start, start + headsPerRead).map(({ tenant, id }) => headKey(tenant, id)));
    for (const [index, head] of heads.entries()) {
      const name = names[start + index];
      if (name !== undefined && head?.['outcome'] === 'cancelled') stopAttempts(deps, name.id);
    }
  }
}
