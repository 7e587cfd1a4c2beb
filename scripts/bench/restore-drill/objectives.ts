import type { DrillFigures } from './drill.ts';

/** Seed 0.2, MC-SRE-762: RTO < 30 min, RPO < 15 min. */
const objectives = { rtoMs: 30 * 60_000, rpoMs: 15 * 60_000 } as const;
/** How often a home backs itself up unless it is told otherwise (`maestro up --backup-every`). */
const usualIntervalMs = 10 * 60_000;

export interface DrillTest {
  name: string;
  passed: boolean;
}

/**
 * What the drill had to show. A drill does not wait for ten minutes, so the RPO of the usual interval is what was measured, with the usual interval in place of the
 * drill's: interval, looks every minute, and the time that the state waits until its backup is whole.
 */
export function judgeObjectives(figures: DrillFigures): DrillTest[] {
  const { problems, receiptsCompared, statements, kept, rtoMs, windowMs } = figures;
  // Problems are of runs and of receipts; one of either kind is too many for both tests.
  const isWhole = problems.length === 0;
  return [
    { name: 'every acknowledged run of before the backup is there, and none of later', passed: isWhole && kept > 0 },
    {
      name: 'every signed statement of the backup verifies, and receipts that were held are the same bytes',
      passed: isWhole && statements > 0 && receiptsCompared > 0,
    },
    { name: 'RTO below 30 minutes', passed: rtoMs < objectives.rtoMs },
    { name: 'RPO below 15 minutes at the interval of the drill', passed: windowMs < objectives.rpoMs },
    { name: 'RPO below 15 minutes at the usual interval of 10 minutes', passed: windowMs + usualIntervalMs < objectives.rpoMs },
  ];
}
