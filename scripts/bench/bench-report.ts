import type { BurstResult } from './burst.ts';
import type { Machine } from './machine.ts';
import type { AreaShare } from './where-time-goes.ts';

/** What a bench measured, as `npm run bench -- --json` prints it. */
export interface BenchReport {
  machine: Machine;
  bursts: BurstResult[];
  /** Of the last burst, with --profile only: profiling costs time itself, so those figures are not for quoting. */
  whereTimeGoes?: AreaShare[];
}
