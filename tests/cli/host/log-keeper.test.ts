import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keepLog } from '../../../cli/host/log-keeper.ts';
import { systemClock } from '../../../shared/embedded/system-clock.ts';
import { WorkGate } from '../../../shared/embedded/pace/work-gate.ts';
import { logEntryOp } from '../../../shared/log/log-entry-op.ts';
import { edgeOf, leafKey, monitorKey } from '../../../shared/log/log-store.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { Key } from '../../../shared/port/table.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildStatement } from '../../support/build-statement.ts';
import { wrapTable } from '../../support/log/wrap-table.ts';
import { signStatement } from '../../support/receipt/sign-statement.ts';

const { tenant } = buildActor();
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

/** Files statements that are not in the log yet. */
async function file(...names: string[]): Promise<void> {
  const { pem } = await deps.signer.publicKey();
  for (const name of names) {
    const key: Key = { pk: `T#${tenant}#S`, sk: name };
    const bundle = await signStatement(deps.signer, buildStatement({ predicate: { name } }));
    const bundleDigest = await deps.blobs.put(tenant, 'receipt', Buffer.from(JSON.stringify(bundle)));
    const { leaf, op } = logEntryOp(bundle, pem, key);
    await home.table.write([{ kind: 'put', item: { ...key, bundleDigest, leaf } }, op]);
  }
}

async function untilVerified(count: number): Promise<void> {
  while (edgeOf(await home.table.get(monitorKey)).size < count) await delay(5);
}

test('appends what waits and looks at it, again and again', async () => {
  const keeper = keepLog(deps, new WorkGate(), soon);
  await file('a', 'b', 'c');
  await untilVerified(3);
  await file('d');
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
  const names = Array.from({ length: 40 }, (_, n) => `s${n}`);
  await file(...names);
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
