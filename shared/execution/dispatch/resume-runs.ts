import type { Deps } from '../../port/deps.ts';
import type { PhaseInput } from '../../port/phases.ts';
import { reconcileRun } from './reconcile-run.ts';
import { openRuns } from './sweep-executions.ts';

/** After a restart of the only process: whatever ran is gone, so every running attempt is lost, and each open run goes on where `resume` finds it. */
export async function resumeRuns(deps: Deps, resume: (run: PhaseInput) => Promise<void>): Promise<void> {
  for await (const run of openRuns(deps)) {
    try {
      await reconcileRun(deps, run, () => true);
      await resume(run);
    } catch (error) {
      // The home is there for every other run; a sweep comes back to this one.
      deps.logger.error('an open run could not be resumed', { executionId: run.executionId, error });
    }
  }
}
