/** Keeps the keys of an embedded home: goes on with rotations that a stop interrupted, and begins those that are due. */
import type { Deps } from '../../../shared/port/deps.ts';
import { resumeRotations, usualKeyDays, watchRotations } from '../../../shared/rotation/watch-rotations.ts';

const watchMs = 3_600_000;

/** Begins; what it answers ends the watch and waits for a look that is under way. */
export async function keepKeys(deps: Deps, maxKeyDays = usualKeyDays): Promise<{ close(): Promise<void> }> {
  let underWay: Promise<void> | undefined;
  const look = (): void => {
    underWay ??= watchRotations(deps, { maxKeyDays })
      .then(() => undefined)
      .catch((error: unknown) => deps.logger.error('the keys could not be looked at', { error }))
      .finally(() => (underWay = undefined));
  };
  await resumeRotations(deps);
  look();
  const timer = setInterval(look, watchMs).unref();
  return {
    async close() {
      clearInterval(timer);
      await underWay;
    },
  };
}
