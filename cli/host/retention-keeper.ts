/** Purges what is due in an embedded home: soon after its start, and then every hour, always behind the work that people wait for. */
import type { WorkGate } from '../../shared/embedded/pace/work-gate.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { purgeAllTenants } from '../../shared/retention/retention-round.ts';

/** Rules count in days, so an hour is soon enough; and a home that was just opened has other things to do. */
const usualPace = { firstMs: 60_000, everyMs: 3_600_000 } as const;
/** A purge is about no run that is open; of the work that can wait, it goes last. */
const afterRuns = '~';

/** Begins; what it answers ends the rounds and waits for the run that is being purged. What was begun is carried on by the next start. */
export function keepRetention(
  deps: Deps,
  gate: WorkGate,
  { firstMs, everyMs }: { firstMs: number; everyMs: number } = usualPace,
): { close(): Promise<void> } {
  let isClosing = false;
  let underWay: Promise<unknown> | undefined;
  const mayGoOn = async (): Promise<boolean> => {
    if (!isClosing) await gate.turn(afterRuns);
    return !isClosing;
  };
  const round = (): void => {
    underWay ??= purgeAllTenants(deps, mayGoOn)
      .catch((error: unknown) => deps.logger.error('a round of retention failed', { error }))
      .finally(() => (underWay = undefined));
  };
  const first = setTimeout(round, firstMs).unref();
  const timer = setInterval(round, everyMs).unref();
  return {
    async close() {
      isClosing = true;
      clearTimeout(first);
      clearInterval(timer);
      await underWay;
    },
  };
}
