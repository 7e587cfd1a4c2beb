/** The scheduled safety net: every open run is looked at, so that no lost message or dead dispatcher leaves one running for ever. */
import { z } from 'zod';
import { idSchema } from '../../core/id.ts';
import { TenantId } from '../../core/tenant-id.ts';
import type { Deps } from '../../port/deps.ts';
import { isoTime } from '../../port/clock.ts';
import type { PhaseInput } from '../../port/phases.ts';
import { openPartitions, type TaskRecord } from '../execution-record.ts';
import { reconcileRun } from './reconcile-run.ts';

const StoredRun = z.object({ tenant: TenantId, id: idSchema('exec'), createdAt: z.int(), phaseToken: z.string().optional() });

interface OpenRun extends PhaseInput {
  createdAt: number;
  /** Its supervision has come to wait for the tasks, and left the token to wake it. */
  isAwaited: boolean;
}

/** Younger runs are on their way; looking at them would only double their messages. */
const graceMs = 60_000;

/** Whether no sweep looks at a run of this time yet. One from further in the future is of a clock that was put back since. */
export function isYoung(createdAt: number, now: number): boolean {
  return Math.abs(now - createdAt) < graceMs;
}

/** Every run that is open, page by page. */
export async function* openRuns({ table }: Pick<Deps, 'table'>): AsyncGenerator<OpenRun> {
  for (const pk of openPartitions) {
    let cursor: string | undefined;
    do {
      const page = await table.query({ index: 'gsi2', pk, limit: 500, ...(cursor && { cursor }) });
      for (const item of page.items) {
        const run = StoredRun.parse(item);
        yield { tenant: run.tenant, executionId: run.id, createdAt: run.createdAt, isAwaited: run.phaseToken !== undefined };
      }
      cursor = page.cursor;
    } while (cursor);
  }
}

/**
 * Reconciles runs that are old enough; attempts whose lease ran out are given up. Answers how many runs it looked at. A run that cannot be mended does not
 * keep those behind it from it, nor the slots of their tenants: it is logged, and the sweep fails when it has been everywhere.
 */
export async function sweepExecutions(deps: Deps): Promise<{ looked: number; at: string }> {
  const now = deps.clock.now();
  const leaseRanOut = (task: TaskRecord): boolean => task.leaseUntil < now;
  let looked = 0;
  const failures: unknown[] = [];
  for await (const run of openRuns(deps)) {
    if (isYoung(run.createdAt, now)) continue;
    looked += 1;
    try {
      // A crash between admission and this start left the run without supervision; where there is one, a second start changes nothing.
      if (!run.isAwaited) await deps.phases.start({ tenant: run.tenant, executionId: run.executionId });
      await reconcileRun(deps, run, leaseRanOut);
    } catch (error) {
      failures.push(error);
      deps.logger.error('an open run could not be looked after', { executionId: run.executionId, error });
    }
  }
  if (failures.length > 0) throw new Error(`${failures.length} of ${looked} open runs could not be looked after`, { cause: failures[0] });
  return { looked, at: isoTime(now) };
}
