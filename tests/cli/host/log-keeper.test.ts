import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { keepLog } from '../../../cli/host/log-keeper.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { WorkGate } from '../../../shared/embedded/pace/work-gate.ts';
import { edgeKey, edgeOf, leafKey, monitorKey, pendingKey, pendingPk, pendingShards } from '../../../shared/log/log-store.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { fileStatement } from '../../support/log/file-statement.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

/** So often that it sees entries wait, which it says; that is not what is asked here. */
const soon = { integrateMs: 5, monitorMs: 5 };

let home: TestHome;
let deps: Deps;
let said: string[];
beforeEach(() => {
  said = [];
  const say = (message: string): void => void (message.includes('could not') && said.push(message));
  home = buildDeps({ clock: systemClock, logger: { info: say, warn: say, error: say } });
  ({ deps } = home);
});
afterEach(() => {
  jest.useRealTimers();
  home.close();
});

async function untilVerified(count: number): Promise<void> {
  while (edgeOf(await home.table.get(monitorKey)).size < count) await delay(5);
}

test('appends what waits and looks at it, again and again', async () => {
  const keeper = keepLog(deps, new WorkGate(), soon);
  for (const name of ['a', 'b', 'c']) await fileStatement(home, name);
  await untilVerified(3);
  await fileStatement(home, 'd');
  await untilVerified(4);
  await keeper.close();
  expect(said).toEqual([]);
});

test('ends a look that is under way when the home closes, without a word, and the next home goes on', async () => {
  const underWay = Promise.withResolvers<undefined>();
  const goOn = Promise.withResolvers<undefined>();
  deps.table = wrapTable(home.table, {
    getMany: async (keys) => {
      if (keys.some(({ pk, sk }) => pk === leafKey(sk).pk)) {
        underWay.resolve(undefined);
        await goOn.promise;
      }
      return home.table.getMany(keys);
    },
  });
  for (let n = 0; n < 40; n += 1) await fileStatement(home, `s${n}`);
  const keeper = keepLog(deps, new WorkGate(), soon);
  await underWay.promise;
  const closed = keeper.close();
  goOn.resolve(undefined);
  await closed;
  expect([edgeOf(await home.table.get(monitorKey)).size, said]).toEqual([0, []]);
  const next = keepLog(deps, new WorkGate(), soon);
  await untilVerified(40);
  await next.close();
  expect(said).toEqual([]);
});

describe('a round', () => {
  /** Everything but what the keeper's rounds begin with. */
  const asItIs = [
    'nextTick',
    'queueMicrotask',
    'setImmediate',
    'clearImmediate',
    'setTimeout',
    'clearTimeout',
    'performance',
    'Date',
    'hrtime',
  ] as const;
  const minute = { integrateMs: 60_000, monitorMs: 600_000 };

  const size = async (): Promise<number> => edgeOf(await home.table.get(edgeKey)).size;
  async function untilSize(count: number): Promise<void> {
    while ((await size()) < count) await delay(5);
  }

  test('takes all that waits, in as many batches as that needs, each larger than the one before', async () => {
    // More than sixteen in one of sixteen partitions, wherever they fall.
    for (let n = 0; n < 257; n += 1) await fileStatement(home, `s${n}`);
    const limits = new Set<number>();
    deps.table = wrapTable(home.table, {
      query: async (query) => {
        if (query.pk === pendingPk('0')) limits.add(query.limit);
        return home.table.query(query);
      },
    });
    jest.useFakeTimers({ doNotFake: [...asItIs] });
    const keeper = keepLog(deps, new WorkGate(), minute);
    jest.advanceTimersByTime(60_000);
    await untilSize(257);
    await keeper.close();
    expect([...limits].slice(0, 2)).toEqual([16, 32]);
  }, 30_000);

  test('finds an entry behind what was put there by somebody else', async () => {
    const strange = pendingShards.flatMap((shard) =>
      Array.from({ length: 16 }, (_, n) => ({ ...pendingKey(`${shard}${String(n).padStart(63, '0')}`), entry: 'not what it is called' })),
    );
    await home.table.putMany(strange);
    await fileStatement(home, 's');
    jest.useFakeTimers({ doNotFake: [...asItIs] });
    const keeper = keepLog(deps, new WorkGate(), minute);
    jest.advanceTimersByTime(60_000);
    await untilSize(1);
    await keeper.close();
  });

  test('leaves what comes meanwhile to the next one, so that a steady trickle is not a batch for each of its entries', async () => {
    let arrived = 0;
    deps.faults = {
      hit: async (point) => {
        if (point === 'log:after-filing') await fileStatement(home, `s${++arrived}`);
      },
    };
    await fileStatement(home, 's0');
    jest.useFakeTimers({ doNotFake: [...asItIs] });
    const keeper = keepLog(deps, new WorkGate(), minute);
    jest.advanceTimersByTime(60_000);
    await untilSize(1);
    await delay(100);
    expect([arrived, await size()]).toEqual([1, 1]);
    jest.advanceTimersByTime(60_000);
    await untilSize(2);
    await keeper.close();
  });
});
