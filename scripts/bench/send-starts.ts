/** Sends starts as callers do, one in a request or many. */
import { now, startBody } from './bench-host.ts';
import { HomeRefusal, type BurstClient } from './burst-client.ts';
import { startedId } from './started-id.ts';

/** What the home said to one start. */
export interface StartAnswer {
  /** The run; undefined when the home has as many open ones as it takes (429). */
  id: string | undefined;
  /** When the answer came, in ms. */
  at: number;
}

const tooMany = 429;
const isFull = (error: unknown): boolean => error instanceof HomeRefusal && error.status === tooMany;

/** Sends one start in a request of its own; rejects when it is refused for another reason than too many open runs. */
export async function sendStart(client: BurstClient): Promise<StartAnswer> {
  try {
    return { id: startedId(await client.post('/api/executions', startBody)), at: now() };
  } catch (error) {
    if (!isFull(error)) throw error;
    return { id: undefined, at: now() };
  }
}

/** Sends so many starts in one request; rejects as `sendStart` does. */
export async function sendBatch(client: BurstClient, size: number): Promise<StartAnswer[]> {
  try {
    const text = await client.post('/api/executions:batch', `${startBody}\n`.repeat(size), 'application/x-ndjson');
    const at = now();
    const isRefused = (line: string): boolean => line.includes(`"status":${tooMany}`);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => ({ id: isRefused(line) ? undefined : startedId(line), at }));
  } catch (error) {
    if (!isFull(error)) throw error;
    const at = now();
    return Array.from({ length: size }, () => ({ id: undefined, at }));
  }
}
