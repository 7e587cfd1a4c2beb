/** Fetches a pack in parts, some at a time and in order; a part that does not come is asked for again, and nothing that came is asked for twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ahead } from '../../../shared/evidence/pack/ahead.ts';
import { ApiProblem } from '../../client/api-problem.ts';
import type { DisclosurePart } from '../../client/answers.ts';

export type FetchPart = (part: number) => Promise<DisclosurePart>;

/** Parts that are asked for at once: two cores make them, and one or two are on their way. */
const partsAtOnce = 4;

/** Pauses before a part is asked for again: a home that restarts is there again within seconds. */
const pausesMs = [200, 1_000, 3_000, 8_000] as const;

/** What may be over the next time: a throttled or restarting home, and a connection that was cut. */
const isPassing = (error: unknown): boolean => error instanceof ApiProblem && [429, 500, 502, 503, 504].includes(error.status);

async function fetchPatiently(fetchPart: FetchPart, part: number): Promise<DisclosurePart> {
  for (const pauseMs of pausesMs) {
    try {
      return await fetchPart(part);
    } catch (error) {
      if (!isPassing(error)) throw error;
      await sleep(pauseMs);
    }
  }
  return fetchPart(part);
}

/** The bytes of the pack, part by part. */
export async function* fetchParts(fetchPart: FetchPart): AsyncGenerator<Uint8Array> {
  const first = await fetchPatiently(fetchPart, 0);
  yield first.bytes;
  const middle = Array.from({ length: Math.max(0, first.parts - 2) }, (_, index) => index + 1);
  for await (const { bytes } of ahead(middle, partsAtOnce, (part) => fetchPatiently(fetchPart, part))) yield bytes;
  // The last one names the files of all others, which the home knows once it has made them.
  if (first.parts > 1) yield (await fetchPatiently(fetchPart, first.parts - 1)).bytes;
}
