/** A round while the clock was ahead: what comes to be after it is right again is kept and purged as ever. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { readLogs } from '../../../shared/execution/read/read-logs.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
  await home.purge(300);
}, 60_000);
afterEach(async () => home.close());

const kinds = async (): Promise<string[]> =>
  (await queryPurges(home.home.deps, home.actor.tenant, { limit: 100 })).items.map(({ kind }) => kind);

test('logs are read until they are due, and their data key is not shredded before', async () => {
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

test('uploads that no run names go when they are due', async () => {
  await uploadFile(home.home.deps, home.actor, { name: 'a.txt', bytes: Buffer.from('alone') });
  await home.purge(89);
  expect(await kinds()).toEqual([]);
  await home.purge(91);
  expect(await kinds()).toEqual(['uploads']);
});
