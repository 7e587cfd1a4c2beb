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
  'log:after-tiles',
  'log:after-commit',
  'log:after-checkpoint',
  'log:after-filing',
] as const;
/** Those of a rotation of keys, which has its own test (tests/shared/rotation). */
export const rotationPoints = [
  'rotate:after-request',
  'rotate:after-key',
  'rotate:after-create',
  'rotate:after-prove',
  'rotate:after-bundles',
  'rotate:after-attest',
  'rotate:after-activate',
  'rotate:after-switch',
  'rotate:after-rewrap',
  'rotate:after-checks',
  'rotate:after-verify',
  'rotate:after-destroy',
  'rotate:after-finish',
] as const;
/** Those of a purge, which has its own test (tests/shared/retention). */
export const purgePoints = [
  'purge:after-plan',
  'purge:after-inventory',
  'purge:after-claim',
  'purge:after-doom',
  'purge:after-object',
  'purge:after-objects',
  'purge:after-rows',
  'purge:after-erase',
  'purge:after-inventory-blob',
  'purge:after-sign',
  'purge:after-manifest',
  'purge:after-tombstones',
  'purge:after-end',
] as const;
export type FaultPoint = (typeof faultPoints)[number] | (typeof rotationPoints)[number] | (typeof purgePoints)[number];

/** Does nothing in production; in tests it may crash the process or throw. */
export interface Faults {
  hit(point: FaultPoint): Promise<void> | void;
}

/** The production fault hook: nothing happens. */
export const noFaults: Faults = { hit: () => undefined };
