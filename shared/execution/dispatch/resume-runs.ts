import { isMendedByRetries } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';
import type { PhaseInput } from '../../port/phases.ts';
import type { TaskRecord } from '../execution-record.ts';
import { findExecution, listTasks } from '../execution-store.ts';
import { reconcileRun } from './reconcile-run.ts';
import { openRuns } from './sweep-executions.ts';

/** An open run, and the attempts of it that ran when the process before this one ended. */
interface Interrupted {
  run: PhaseInput;
  lost: ReadonlySet<string>;
}

type Resume = (run: PhaseInput) => Promise<void>;

/**
 * After a restart of the only process: whatever ran is gone, so every running attempt is lost, whatever its lease says, and each open run goes on where `resume` finds
 * it. Answers what tries again for the runs of which the store would not take the end of those attempts. Throws when it cannot be read which runs are open.
 */
export async function resumeRuns(deps: Deps, resume: Resume): Promise<() => Promise<void>> {
  let left: Interrupted[] = [];
  const tryAll = async (runs: AsyncIterable<Interrupted> | Interrupted[]): Promise<void> => {
    for await (const interrupted of runs) if (!(await isResumed(deps, interrupted, resume))) left.push(interrupted);
  };
  await tryAll(interruptedRuns(deps));
  return () => {
    const again = left;
    left = [];
    return tryAll(again);
  };
}

async function* interruptedRuns(deps: Deps): AsyncGenerator<Interrupted> {
  for await (const run of openRuns(deps)) {
    try {
      const head = await findExecution(deps, run.tenant, run.executionId);
      const tasks = head ? await listTasks(deps, head) : [];
      yield { run, lost: new Set(tasks.map(attemptOf)) };
    } catch (error) {
      if (isMendedByRetries(error)) throw error;
      tell(deps, run, error);
    }
  }
}

async function isResumed(deps: Deps, { run, lost }: Interrupted, resume: Resume): Promise<boolean> {
  try {
    await reconcileRun(deps, run, (task) => lost.has(attemptOf(task)));
    await resume(run);
    return true;
  } catch (error) {
    tell(deps, run, error);
    return false;
  }
}

/** The home is there for every other run; a sweep comes back to this one. */
function tell({ logger }: Deps, { executionId }: PhaseInput, error: unknown): void {
  logger.error('an open run could not be resumed', { executionId, error });
}

/** Names the last attempts of a task, at its work and at undoing it: those that this process begins have other numbers. */
const attemptOf = ({ id, attempt, compensationAttempt }: TaskRecord): string => `${id} ${attempt} ${compensationAttempt}`;
