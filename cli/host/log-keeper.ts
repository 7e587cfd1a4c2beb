/** Keeps the transparency log of an embedded home: appends what waits, and looks after it. */
import type { WorkGate } from '../../shared/embedded/pace/work-gate.ts';
import { integrateLog } from '../../shared/log/integrate-log.ts';
import { monitorLog } from '../../shared/log-monitor/monitor-log.ts';
import type { Deps } from '../../shared/port/deps.ts';

/** A receipt that is asked for sooner is integrated at once; for all others half a second is soon enough. */
const integrateMs = 500;
const monitorMs = 60_000;
/** The log is about no run; of the work that can wait it goes first, since it is one job for hundreds of receipts. */
const beforeRuns = '';

/** Begins both; what it answers ends them and waits for what is under way. */
export function keepLog(deps: Deps, gate: WorkGate): { close(): Promise<void> } {
  let isClosing = false;
  const integrateAll = async (): Promise<void> => {
    // A batch at a time, and only when it is the turn of work that can wait: starts of runs go first.
    while (!isClosing && (await gate.background(beforeRuns, () => integrateLog(deps, 1))) > 0);
  };
  const integration = repeat(integrateMs, integrateAll, (error) =>
    deps.logger.error('the transparency log could not be appended to', { error }),
  );
  const monitor = repeat(
    monitorMs,
    async () => void (await gate.background(beforeRuns, () => monitorLog(deps))),
    (error) => deps.logger.error('the transparency log could not be looked at', { error }),
  );
  return {
    async close() {
      isClosing = true;
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
