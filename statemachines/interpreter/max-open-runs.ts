/** Runs that are open at once in a home whose operator says nothing else. */
const most = 20_000;
/** What an open run may take of the heap with all that belongs to it; waiting ones were measured at a third of this. */
const bytesEach = 25_600;

/** Open runs that a heap of this limit has room for: further ones are refused with 429 before memory ends. */
export function maxOpenRunsOf(heapLimitBytes: number): number {
  return Math.min(most, Math.floor(heapLimitBytes / bytesEach));
}
