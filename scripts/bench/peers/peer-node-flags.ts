/** Node flags of the peers' programs: a larger young generation than our own host has, and no limit of memory. */
export const peerNodeFlags: readonly string[] = ['--max-semi-space-size=24'];
