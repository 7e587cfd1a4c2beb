/** Limits of one attempt, each with its reason. */
export const egressLimits = {
  /** Twice what a busy HTTP client keeps open; each costs the home two descriptors. */
  openConnections: 64,
  /** A task that needs more calls for a batch interface; and the list of calls has to mean something. */
  connections: 10_000,
  /** Sent and received together: more than scratch and outputs could hold many times over, and an hour of a slow line. */
  bytes: 1024 ** 3,
  /** A whole request head has to be here by then, so that half of one does not hold a place. */
  headMs: 10_000,
  /** A connection on which nothing moves. */
  idleMs: 120_000,
} as const;
export type EgressLimits = { readonly [name in keyof typeof egressLimits]: number };
