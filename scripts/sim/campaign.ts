/** Many seeds, on one thread or several; adds up what was seen and keeps what went wrong. */
import { Worker } from 'node:worker_threads';
import { Groundwork } from './groundwork.ts';
import type { PlantName } from './plants.ts';
import { runSeed } from './run-seed.ts';
import type { Violation } from './world/world.ts';

export interface Campaign {
  start: number;
  seeds: number;
  workers: number;
  plant: PlantName | undefined;
  /** Stops when this many seeds failed. */
  maxFailures: number;
}

export interface Failure {
  seed: number;
  violations: readonly Violation[];
}

export interface CampaignResult {
  seeds: number;
  events: number;
  seen: Map<string, number>;
  failures: Failure[];
}

/** A stretch of seeds that one thread does at a time. */
export interface Stretch {
  start: number;
  seeds: number;
  plant: PlantName | undefined;
  maxFailures: number;
}

const seedsPerStretch = 200;

/** Runs the seeds and tells `progress` after each stretch. */
export async function runCampaign(campaign: Campaign, progress: (so: CampaignResult) => void): Promise<CampaignResult> {
  const total: CampaignResult = { seeds: 0, events: 0, seen: new Map(), failures: [] };
  const end = campaign.start + campaign.seeds;
  let next = campaign.start;
  const take = (): Stretch | undefined => {
    if (next >= end || total.failures.length >= campaign.maxFailures) return undefined;
    const { plant, maxFailures } = campaign;
    const stretch = { start: next, seeds: Math.min(seedsPerStretch, end - next), plant, maxFailures };
    next += stretch.seeds;
    return stretch;
  };
  const work = async (run: (stretch: Stretch) => Promise<CampaignResult>): Promise<void> => {
    for (let stretch = take(); stretch; stretch = take()) {
      add(total, await run(stretch));
      progress(total);
    }
  };
  if (campaign.workers === 1) {
    const groundwork = await Groundwork.lay();
    await work((stretch) => runStretch(groundwork, stretch));
  } else await Promise.all(Array.from({ length: campaign.workers }, () => inWorker(work)));
  total.failures.sort((a, b) => a.seed - b.seed);
  return total;
}

/** Runs a stretch on this thread. */
export async function runStretch(groundwork: Groundwork, { start, seeds, plant, maxFailures }: Stretch): Promise<CampaignResult> {
  const total: CampaignResult = { seeds: 0, events: 0, seen: new Map(), failures: [] };
  for (let seed = start; seed < start + seeds && total.failures.length < maxFailures; seed += 1) {
    const { violations, seen, events } = await runSeed(groundwork, seed, { plant });
    add(total, { seeds: 1, events, seen: new Map(seen), failures: violations.length > 0 ? [{ seed, violations }] : [] });
  }
  return total;
}

function add(total: CampaignResult, { seeds, events, seen, failures }: CampaignResult): void {
  total.seeds += seeds;
  total.events += events;
  total.failures.push(...failures);
  for (const [name, count] of seen) total.seen.set(name, (total.seen.get(name) ?? 0) + count);
}

async function inWorker(work: (run: (stretch: Stretch) => Promise<CampaignResult>) => Promise<void>): Promise<void> {
  const worker = new Worker(new URL('worker.ts', import.meta.url));
  try {
    await work(
      (stretch) =>
        new Promise((resolve, reject) => {
          worker.once('error', reject);
          worker.once('message', (result: CampaignResult) => {
            worker.off('error', reject);
            resolve(result);
          });
          worker.postMessage(stretch);
        }),
    );
  } finally {
    await worker.terminate();
  }
}
