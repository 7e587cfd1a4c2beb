/** How many whole packs a process makes at once. Each holds some 30 MB for as long as its reader takes; parts hold that for a moment, so they are not counted. */
import { McError } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';

/** With the home itself that is half of the memory that a small machine has. */
const maxPacks = 4;

const underWay = new WeakMap<Deps['blobs'], number>();

/** Throws `mc:host:overloaded` when as many are under way as may be. */
export function requireRoomForPack({ blobs }: Pick<Deps, 'blobs'>): void {
  if ((underWay.get(blobs) ?? 0) < maxPacks) return;
  throw new McError('mc:host:overloaded', `${maxPacks} disclosure packs are under way; ask for the parts of this one, or try again later.`);
}

/** The same chunks, counted from the first one that is taken to the last. */
export async function* countedPack({ blobs }: Pick<Deps, 'blobs'>, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  underWay.set(blobs, (underWay.get(blobs) ?? 0) + 1);
  try {
    yield* chunks;
  } finally {
    underWay.set(blobs, (underWay.get(blobs) ?? 1) - 1);
  }
}
