/** Keeps the transparency log of an embedded home: appends what waits, and looks after it. */
import { pauseAtShare } from '../../shared/embedded/pace/pause-at-share.ts';
import type { WorkGate } from '../../shared/embedded/pace/work-gate.ts';
import { integrateBatch, mostPerShard } from '../../shared/log/integrate-log.ts';
import { monitorLog } from '../../shared/log-monitor/monitor-log.ts';
import type { Deps } from '../../shared/port/deps.ts';

/** A receipt that is asked for sooner is integrated at once; for all others half a second is soon enough. */
const usualPace = { integrateMs: 500, monitorMs: 60_000 } as const;
/** The log is about no run; of the work that can wait it goes first, since it is one job for hundreds of receipts. */
const beforeRuns = '';
/** Entries of each of the sixteen partitions of what waits: 256 in the first batch of a round, which hold nobody up for long, and more when many are left. */
const firstPerShard = 16;

/** Begins both; what it answers ends them and waits for what is under way. A look of the monitor ends where it is, and the next one goes on there. */
export function keepLog(
  deps: Deps,
  gate: WorkGate,
  { integrateMs, monitorMs }: { integrateMs: number; monitorMs: number } = usualPace,
): { close(): Promise<void> } {
  const closing = new AbortController();
  const { signal } = closing;
  const integrateAll = async (): Promise<void> => {
    // A batch at a time, and only when it is the turn of work that can wait: starts of runs go first.
    for (let perShard = firstPerShard; !signal.aborted; perShard = Math.min(2 * perShard, mostPerShard)) {
      const size = perShard;
      const { count, isMoreWaiting } = await gate.background(beforeRuns, () => integrateBatch(deps, size));
      // A small batch may have found nothing but what is no entry, with entries behind that.
      if (!isMoreWaiting || (count === 0 && size === mostPerShard)) return;
    }
  };
  const look = async (): Promise<void> => {
    await monitorLog(deps, pauseAtShare(gate, signal)).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  };
  const integration = repeat(integrateMs, integrateAll, (error) =>
    deps.logger.error('the transparency log could not be appended to', { error }),
  );
  const monitor = repeat(monitorMs, look, (error) => deps.logger.error('the transparency log could not be looked at', { error }));
  return {
    async close() {
      closing.abort();
      await Promise.all([integration.close(), monitor.close()]);
    },
  };
}

function repeat(everyMs: number, work: () => Promise<void>, onError: (error: unknown) => void): { close(): Promise<void> } {
  let underWay: Promise<void> | undefined;
  const timer = setInterval(() => {
    underWay ??= work()
      .catch(onError)
      .finally(() => (underWay = undefined));
  }, everyMs).unref();
  return {
    async close() {
      clearInterval(timer);
      await underWay;
    },
  };
}
