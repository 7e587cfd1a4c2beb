/** The named places between two writes where a test may kill, stop or delay the program. */
export const faultPoints = [
  'publish:after-release-blob',
  'admit:after-blobs',
  'admit:after-write',
  'dispatch:after-claim',
  'dispatch:after-run',
  'dispatch:after-blobs',
  'dispatch:after-complete',
  'cancel:after-write',
  'compensate:after-claim',
  'compensate:after-run',
  'seal:after-sign',
  'seal:after-receipt-blob',
  'seal:after-write',
  'record:after-write',
  'log:after-tiles',
  'log:after-commit',
  'log:after-checkpoint',
  'log:after-filing',
] as const;
export type FaultPoint = (typeof faultPoints)[number];

/** Does nothing in production; in tests it may crash the process or throw. */
export interface Faults {
  hit(point: FaultPoint): Promise<void> | void;
}

/** The production fault hook: nothing happens. */
export const noFaults: Faults = { hit: () => undefined };
