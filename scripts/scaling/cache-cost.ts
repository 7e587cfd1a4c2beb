/** What a cache of images costs over a quarter with and without pruning, and how often something is asked for that was given up. Seeded, like the demand. */
import { pruneCache, type CachedImage, type CacheLimits } from '../../shared/scaling/prune-cache.ts';
import { mulberry32 } from '../random/mulberry32.ts';

const dayMs = 86_400_000;
const gigabyte = 1_000_000_000;

/** A GB for a month in ECR (Amazon ECR pricing, 0.10 USD). */
const gbMonthUsdMicros = 100_000;

const quarterDays = 90;
const families = 20;
/** New versions a day over all families; an old one is still asked for, because runs are pinned to a digest. */
const releasesPerDay = 4;
const usesPerDay = 400;
/** Share of uses that want a version other than the newest. */
const pinnedShare = 0.05;

/** What the page reckons with: a week, and room for about twice what is in daily use. */
export const imageCache: CacheLimits = { maxBytes: 40 * gigabyte, maxIdleMs: 7 * dayMs };

export interface CacheCost {
  storageUsdMicros: number;
  uses: number;
  /** Uses of an image that was given up and had to be pulled again. */
  pulls: number;
  endBytes: number;
}

interface Version {
  name: string;
  sizeBytes: number;
}

/** A quarter of releases and uses against one cache; without limits it keeps everything. */
export function cacheCost(seed: number, limits: CacheLimits | undefined): CacheCost {
  const random = mulberry32(seed);
  const released: Version[][] = Array.from({ length: families }, () => []);
  const cached = new Map<string, CachedImage>();
  const cost: CacheCost = { storageUsdMicros: 0, uses: 0, pulls: 0, endBytes: 0 };
  const seen = new Set<string>();
  for (let day = 0; day < quarterDays; day += 1) {
    const now = day * dayMs;
    for (const [family, versions] of released.entries()) {
      if (versions.length > 0 && random() >= releasesPerDay / families) continue;
      versions.push({ name: `image-${family}@${versions.length + 1}`, sizeBytes: Math.round((0.3 + 0.6 * random()) * gigabyte) });
    }
    for (let use = 0; use < usesPerDay; use += 1) {
      const versions = released[Math.floor(families * random() ** 2)] ?? [];
      const back = random() < pinnedShare ? Math.floor(random() * Math.min(versions.length, 6)) : 0;
      const version = versions.at(-1 - back);
      if (!version) continue;
      cost.uses += 1;
      if (!cached.has(version.name) && seen.has(version.name)) cost.pulls += 1;
      seen.add(version.name);
      cached.set(version.name, { ...version, lastUsedAt: now + use, isInUse: false });
    }
    for (const name of limits ? pruneCache([...cached.values()], now + dayMs, limits) : []) cached.delete(name);
    cost.endBytes = [...cached.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    cost.storageUsdMicros += Math.ceil(((cost.endBytes / gigabyte) * gbMonthUsdMicros) / 30);
  }
  return cost;
}
