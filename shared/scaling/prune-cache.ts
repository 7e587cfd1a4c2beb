/** Which images or packages a cache gives up. What is in use stays, whatever its size and age: a file that goes away under a running task is an outage. */

export interface CachedImage {
  name: string;
  sizeBytes: number;
  /** Milliseconds since the Unix epoch. */
  lastUsedAt: number;
  isInUse: boolean;
}

export interface CacheLimits {
  maxBytes: number;
  /** What nobody used for so long is given up although there is room. */
  maxIdleMs: number;
}

/** The names to remove, in this order: first what is too old, then what was used longest ago until the rest fits. Never one that is in use. */
export function pruneCache(images: readonly CachedImage[], now: number, { maxBytes, maxIdleMs }: CacheLimits): string[] {
  const byAge = images.toSorted((a, b) => a.lastUsedAt - b.lastUsedAt || b.sizeBytes - a.sizeBytes);
  let kept = images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const removed: string[] = [];
  for (const { name, sizeBytes, lastUsedAt, isInUse } of byAge) {
    if (isInUse) continue;
    if (now - lastUsedAt <= maxIdleMs && kept <= maxBytes) break;
    removed.push(name);
    kept -= sizeBytes;
  }
  return removed;
}
