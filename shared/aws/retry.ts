import type { Clock } from '../port/clock.ts';
import type { Ids } from '../port/ids.ts';

/** What a bounded retry needs: time to wait in and randomness that keeps rivals from meeting again. */
export interface RetryContext {
  clock: Pick<Clock, 'sleep'>;
  ids: Pick<Ids, 'random'>;
}

/** Eight waits of full jitter up to one second: at most 4 s altogether, well inside API Gateway's 30 s. */
const attemptsMax = 8;
const baseMs = 20;
const capMs = 1_000;

/** Calls `attempt` until it answers something else than `'again'`, at most eight times with jittered waits; answers undefined when it never did. */
export async function retryBounded<T>(context: RetryContext, attempt: () => Promise<T | 'again'>): Promise<T | undefined> {
  for (let count = 1; count <= attemptsMax; count += 1) {
    const answer = await attempt();
    if (answer !== 'again') return answer;
    if (count < attemptsMax) await context.clock.sleep(Math.ceil(context.ids.random() * Math.min(capMs, baseMs * 2 ** count)));
  }
  return undefined;
}
