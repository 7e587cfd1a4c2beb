import type { BurstResult } from './burst.ts';
import type { Machine } from './machine.ts';
import type { SustainedResult } from './sustained.ts';
import type { AreaShare } from './where-time-goes.ts';

/** What a bench measured, as `npm run bench -- --json` prints it. */
export interface BenchReport {
  machine: Machine;
  /** How much slower every sync of the home was made; absent for the disk as it is. */
  slowFsyncMs?: number;
  bursts: BurstResult[];
  loads: SustainedResult[];
  /** Of the last burst, with --profile only: profiling costs time itself, so those figures are not for quoting. */
  whereTimeGoes?: AreaShare[];
}
