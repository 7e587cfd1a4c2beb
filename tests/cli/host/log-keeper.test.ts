import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keepLog } from '../../../cli/host/log-keeper.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { WorkGate } from '../../../shared/embedded/pace/work-gate.ts';
import { edgeOf, leafKey, monitorKey } from '../../../shared/log/log-store.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';
import { fileStatement } from '../../support/log/file-statement.ts';
import { wrapTable } from '../../support/log/wrap-table.ts';

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
afterEach(() => home.close());

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
