/** Node flags of the peers' programs: the larger young generation that our own host runs with, and no limit of memory. */
export const peerNodeFlags: readonly string[] = ['--max-semi-space-size=24'];
