/** Sends starts as callers do, one in a request or many. */
import { now, startBody } from './bench-host.ts';
import { HomeRefusal, type BurstClient } from './burst-client.ts';
import { startedId } from './started-id.ts';

/** What the home said to one start. */
export interface StartAnswer {
  /** The run; undefined when there are as many open ones as the home takes (429), or the quota of the tenant (403). */
  id: string | undefined;
  /** When the answer came, in ms. */
  at: number;
}

/** How a refusal for too many open runs says so, as a whole answer and in the line of a batch. */
const saysFull = ['"status":429', '"rule":"quotas.concurrency"'] as const;
const isFull = (answer: string): boolean => saysFull.some((words) => answer.includes(words));

/** Throws it again when it is no refusal for too many open runs. */
function requireFull(error: unknown): void {
  if (!(error instanceof HomeRefusal && isFull(error.message))) throw error;
}

/** Sends one start in a request of its own; rejects when it is refused for another reason than too many open runs. */
export async function sendStart(client: BurstClient): Promise<StartAnswer> {
  try {
    return { id: startedId(await client.post('/api/executions', startBody)), at: now() };
  } catch (error) {
    requireFull(error);
    return { id: undefined, at: now() };
  }
}

/** Sends so many starts in one request; rejects as `sendStart` does. */
export async function sendBatch(client: BurstClient, size: number): Promise<StartAnswer[]> {
  try {
    const text = await client.post('/api/executions:batch', `${startBody}\n`.repeat(size), 'application/x-ndjson');
    const at = now();
    return text
      .trimEnd()
      .split('\n')
      .map((line) => ({ id: isFull(line) ? undefined : startedId(line), at }));
  } catch (error) {
    requireFull(error);
    const at = now();
    return Array.from({ length: size }, () => ({ id: undefined, at }));
  }
}
