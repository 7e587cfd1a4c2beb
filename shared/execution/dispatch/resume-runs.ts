import type { Deps } from '../../port/deps.ts';
import type { PhaseInput } from '../../port/phases.ts';
import { reconcileRun } from './reconcile-run.ts';
import { openRuns } from './sweep-executions.ts';

/** After a restart of the only process: whatever ran is gone, so every running attempt is lost, and each open run goes on where `resume` finds it. */
export async function resumeRuns(deps: Deps, resume: (run: PhaseInput) => Promise<void>): Promise<void> {
  for await (const run of openRuns(deps)) {
    await reconcileRun(deps, run, () => true);
    await resume(run);
  }
}
