/** Storing the end of an attempt for as long as the store is out of order. */
import { McError } from '../../core/errors.ts';
import type { Deps } from '../../port/deps.ts';
import type { ClaimedTask } from './claim-task.ts';

/** Pauses between tries. */
const firstPauseMs = 250;
const maxPauseMs = 10_000;

/**
 * Stores the end of an attempt, of a task or of its compensation, as soon as the store takes it: what has run must not run again because a disk was full for a while. `store` writes
 * only while that attempt has no other end, so whoever took it away when its lease ended makes this end as well. Answers how many tries it took; throws what no waiting mends, and
 * what the store said last when the home closes.
 */
export async function storeEnd(
  { clock, logger, queue }: Pick<Deps, 'clock' | 'logger' | 'queue'>,
  { head, task }: Pick<ClaimedTask, 'head' | 'task'>,
  store: () => Promise<void>,
): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      await store();
      return tries;
    } catch (error) {
      if (!(error instanceof McError && error.code.startsWith('mc:store:') && error.retry === 'backoff')) throw error;
      const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** tries);
      const place = { executionId: head.id, taskId: task.id };
      logger.warn('the end of an attempt could not be stored; it is tried again', { ...place, code: error.code, pauseMs });
      await clock.sleep(pauseMs, queue.closing).catch(() => {
        throw error;
      });
    }
  }
}
