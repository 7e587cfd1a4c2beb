/** Node flags of the peers' programs: as large a young generation as our own host has, and no limit of memory. */
export const peerNodeFlags: readonly string[] = ['--max-semi-space-size=64'];
