import type { Percentiles } from '../percentiles.ts';

/** What the home tells the driver. */
export type ActionHostMessage =
  | { kind: 'ready'; url: string; token: string }
  | {
      kind: 'report';
      /** Runs and messages not yet done. */
      open: number;
      /** Sealed runs by how they ended. */
      ended: { succeeded: number; failed: number; cancelled: number };
      /** As the home measures it, over all actions, and how many there were. */
      actionMs: Percentiles;
      actions: number;
    };
