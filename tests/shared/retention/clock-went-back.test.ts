/** Rounds and runs while the clock was wrong: what comes to be then or after it is right again is kept and purged as ever. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { readLogs } from '../../../shared/execution/read/read-logs.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { setRetention } from '../../../shared/retention/set-retention.ts';
import { dayMs } from '../../../shared/tenant/retention.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
}, 60_000);
afterEach(async () => {
  jest.restoreAllMocks();
  await home.close();
});

const kinds = async (): Promise<string[]> =>
  (await queryPurges(home.home.deps, home.actor.tenant, { limit: 100 })).items.map(({ kind }) => kind);

const readable = async (id: string): Promise<number> => {
  home.home.deps.dataKeys.forget();
  return (await readLogs(home.home.deps, home.actor, { id })).lines.length;
};

test('logs of a run that began while the clock was behind are read until they are due, and go then with their data key', async () => {
  await home.purge(0);
  const now = Date.now;
  const behind = jest.spyOn(Date, 'now').mockImplementation(() => now() - 400 * dayMs);
  const run = await home.run();
  behind.mockRestore();
  await home.purge(0);
  expect(await readable(run.id)).toBe(2);
  await setRetention(home.home.deps, home.actor, { tenant: 'acme', change: { logs: 600, reason: 'a test' } });
  await home.purge(1);
  expect(await readable(run.id)).toBe(2);
  expect(await kinds()).toEqual([]);
  await home.purge(201);
  await expect(readable(run.id)).rejects.toMatchObject({ code: 'mc:execution:purged' });
  // The month of its key is over by then, as seen from where the walk begins.
  await home.purge(240);
  expect(await kinds()).toEqual(['keys', 'logs']);
});

test('after a round while the clock was ahead, logs are read until they are due, and their data key is not shredded before', async () => {
  await home.purge(300);
  const run = await home.run();
  const logs = async (days: number) => readLogs(home.later(days), home.actor, { id: run.id });
  await home.purge(1);
  home.home.deps.dataKeys.forget();
  expect((await logs(1)).lines).toHaveLength(2);
  expect(await kinds()).toEqual([]);
  await home.purge(91);
  await expect(logs(91)).rejects.toMatchObject({ code: 'mc:execution:purged' });
  expect(await kinds()).toEqual(['logs']);
});

test('after such a round, uploads that no run names go when they are due', async () => {
  await home.purge(300);
  await uploadFile(home.home.deps, home.actor, { name: 'a.txt', bytes: Buffer.from('alone') });
  await home.purge(89);
  expect(await kinds()).toEqual([]);
  await home.purge(91);
  expect(await kinds()).toEqual(['uploads']);
});
