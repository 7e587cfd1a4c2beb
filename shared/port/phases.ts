import type { Id } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';

/** The supervised life of one run: Dispatch, AwaitRun, Compensate, Seal, Record (statemachines/run.asl.json). */
export interface PhaseInput {
  tenant: TenantId;
  executionId: Id<'exec'>;
}

/** The longest that a function of the AWS home may take for one call, in milliseconds; Lambda gives no more. */
export const callMaxMs = 15 * 60_000;

/** How the tasks of a run ended, for the phase that left this token; a run that nobody cancelled and where nothing failed for good is still `open`. */
export interface TasksEnd {
  token: string | undefined;
  outcome: 'open' | 'failed' | 'cancelled';
}

export interface Phases {
  /** Whether so many runs are open that a further one must be refused; absent where the supervisor takes any number. */
  isFull?(): boolean;
  /** Starts supervision; a second start for the same execution changes nothing. Nobody else has done anything yet to a run that `isNew`. */
  start(input: PhaseInput, known?: { isNew: boolean }): Promise<void>;
  /** Wakes the phase that waits for the tasks of this run; harmless when nothing waits (any more). */
  finishRun(input: PhaseInput, end: TasksEnd): Promise<void>;
}
