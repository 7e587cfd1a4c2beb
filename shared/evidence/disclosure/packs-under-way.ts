/** How many whole packs a process makes at once. Each holds some 30 MB for as long as its reader takes; parts hold that for a moment, so they are not counted. */
import { McError } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';

/** With the home itself that is half of the memory that a small machine has. */
const maxPacks = 4;

const underWay = new WeakMap<Deps['blobs'], number>();

/**
 * The chunks of a pack that is opened now. It takes one of the places before anything is awaited, and gives it back when the chunks end, fail or are left, also when nobody took
 * the first of them. Throws `mc:host:overloaded` when as many are under way as may be.
 */
export async function inPackPlace(
  { blobs }: Pick<Deps, 'blobs'>,
  open: () => Promise<AsyncGenerator<Uint8Array>>,
): Promise<AsyncIterable<Uint8Array>> {
  const taken = underWay.get(blobs) ?? 0;
  if (taken >= maxPacks)
    throw new McError(
      'mc:host:overloaded',
      `${maxPacks} disclosure packs are under way; ask for the parts of this one, or try again later.`,
    );
  underWay.set(blobs, taken + 1);
  const leave = once(() => void underWay.set(blobs, (underWay.get(blobs) ?? 1) - 1));
  try {
    return leaving(await open(), leave);
  } catch (error) {
    leave();
    throw error;
  }
}

function once(run: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) run();
    isDone = true;
  };
}

/** A generator would not run its `finally` when it is left before it began. */
function leaving(chunks: AsyncGenerator<Uint8Array>, leave: () => void): AsyncIterableIterator<Uint8Array> {
  const left = <T extends IteratorResult<Uint8Array>>(result: T): T => {
    if (result.done === true) leave();
    return result;
  };
  const each: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => each,
    next: async () => {
      try {
        return left(await chunks.next());
      } catch (error) {
        leave();
        throw error;
      }
    },
    return: async () => {
      leave();
      return chunks.return(undefined);
    },
  };
  return each;
}
