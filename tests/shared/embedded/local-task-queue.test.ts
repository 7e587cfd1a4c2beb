import { describe, expect, test } from '@jest/globals';
import { McError } from '../../../shared/core/errors.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { LocalTaskQueue } from '../../../shared/embedded/pace/local-task-queue.ts';
import { MemoryMetrics } from '../../../shared/embedded/memory-metrics.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import { deliveriesMax, type TaskMessage } from '../../../shared/port/task-queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const message: TaskMessage = { tenant: TenantId.parse('acme'), executionId: 'exec_01K9ZZZZZZZZZZZZZZZZZZZZZZ', taskId: 't' };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A queue whose handler does what `handle` says; time moves by the second. */
function buildQueue(handle: (delivery: number) => void): {
  queue: LocalTaskQueue;
  delivered: () => number;
  putAside: () => number;
  seconds: (count: number) => Promise<void>;
} {
  const clock = new FakeClock();
  const metrics = new MemoryMetrics();
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const queue = new LocalTaskQueue({ width: 2, clock, logger: quiet, metrics });
  let delivered = 0;
  queue.consume(async () => {
    delivered += 1;
    handle(delivered);
  });
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second += 1) {
      await settled();
      clock.advance(1_000);
    }
    await settled();
  };
  return { queue, delivered: () => delivered, putAside: () => metrics.counted(metricNames.taskDeadLettersTotal), seconds };
}

const bug = (): void => {
  throw new TypeError('a bug');
};

describe('a message whose handler throws', () => {
  test('comes back, at most so many times, and is then put aside', async () => {
    const { queue, delivered, putAside, seconds } = buildQueue(bug);
    await queue.send([message]);
    await seconds(60);
    expect([delivered(), putAside()]).toEqual([deliveriesMax, 1]);
  });

  test('is tried once when it is sent again, counted once, and comes back as before when that went well', async () => {
    let isMended = false;
    const { queue, delivered, putAside, seconds } = buildQueue(() => isMended || bug());
    await queue.send([message]);
    await seconds(60);
    await queue.send([message]);
    await seconds(60);
    expect([delivered(), putAside()]).toEqual([deliveriesMax + 1, 1]);
    isMended = true;
    await queue.send([message]);
    await seconds(1);
    isMended = false;
    await queue.send([message]);
    await seconds(60);
    expect([delivered(), putAside()]).toEqual([2 * deliveriesMax + 2, 2]);
  });

  test('because the store does not answer comes back until it does, and is never put aside', async () => {
    const { queue, delivered, putAside, seconds } = buildQueue((delivery) => {
      if (delivery <= 10 * deliveriesMax) throw new McError('mc:store:unavailable', 'the table does not answer');
    });
    await queue.send([message]);
    await seconds(11 * deliveriesMax);
    expect([delivered(), putAside()]).toEqual([10 * deliveriesMax + 1, 0]);
  });
});

describe('work in a slot', () => {
  /** Work that says when it began, and ends when it is told to. */
  function buildWork(): { work: () => Promise<void>; hasBegun: () => boolean; end: (error?: Error) => void } {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let hasBegun = false;
    const work = async (): Promise<void> => {
      hasBegun = true;
      return promise;
    };
    return { work, hasBegun: () => hasBegun, end: (error) => (error === undefined ? resolve() : reject(error)) };
  }

  test('waits for a free one, goes before messages that wait, and leaves it also when it fails', async () => {
    const { queue, delivered } = buildQueue(() => undefined);
    const works = [buildWork(), buildWork(), buildWork()] as const;
    const ended = works.map(async ({ work }) => queue.inSlot(work));
    await queue.send([message]);
    await settled();
    expect([works.map(({ hasBegun }) => hasBegun()), delivered(), queue.backlog]).toEqual([[true, true, false], 0, 1]);
    works[1].end(new Error('no'));
    await expect(ended[1]).rejects.toThrow('no');
    await settled();
    expect([works[2].hasBegun(), delivered()]).toEqual([true, 0]);
    works[0].end();
    await ended[0];
    await settled();
    expect(delivered()).toBe(1);
    works[2].end();
    await ended[2];
  });

  test('is not begun any more when the queue closes', async () => {
    const { queue } = buildQueue(() => undefined);
    const held = queue.reserve(2);
    const waiting = buildWork();
    void queue.inSlot(waiting.work);
    const closed = queue.close();
    held?.release();
    await closed;
    expect(waiting.hasBegun()).toBe(false);
  });
});
