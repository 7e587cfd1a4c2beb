/** A purge that dies anywhere is carried on from there: nothing is done twice, nothing is lost that should stay, and there is one manifest. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findExecution } from '../../../shared/execution/execution-store.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { purgePoints } from '../../../shared/port/faults.ts';
import { purgeTenant } from '../../../shared/retention/purge/purge-tenant.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
}, 60_000);
afterEach(async () => home.close());

test.each(purgePoints)('%s', async (point) => {
  const { deps } = home.home;
  const run = await home.run();
  const head = await findExecution(deps, home.actor.tenant, idSchema('exec').parse(run.id));
  const kept = await home.run('another value');
  // What is to stay began later; the purge is of the first only.
  await deps.table.write([
    { kind: 'update', key: { pk: `T#acme#X#${kept.id}`, sk: 'EXEC' }, set: { endedAt: Date.now() + 10 * 86_400_000 } },
  ]);
  let hits = 0;
  const dying = home.later(receiptDaysMin + 1, (hit) => {
    if (hit !== point) return;
    hits += 1;
    throw new Error('the process died');
  });
  await expect(purgeTenant(dying, home.actor.tenant)).rejects.toThrow('the process died');
  expect(hits).toBe(1);
  await home.purge(receiptDaysMin + 1);
  await expect(getExecution(deps, home.actor, run.id)).rejects.toMatchObject({ code: 'mc:execution:purged' });
  expect(await deps.blobs.find(home.actor.tenant, 'data', head!.inputs.digest)).toBeUndefined();
  expect(await getExecution(deps, home.actor, kept.id)).toMatchObject({ outputs: { word: 'another value' } });
  const purges = (await queryPurges(deps, home.actor.tenant, { limit: 100 })).items.filter(({ kind }) => kind === 'receipts');
  expect(purges).toHaveLength(1);
  expect(purges[0]).toMatchObject({ state: 'done', counts: { runs: 1, held: 0, skipped: 0, shared: 0, locked: 0, erased: 4 } });
  const rows = await deps.table.query({ pk: `T#acme#X#${run.id}`, limit: 100 });
  expect(rows.items).toHaveLength(1);
  expect(rows.items[0]).toHaveProperty('tombstone.manifest', purges[0]?.manifest);
  const { items } = await deps.table.query({ pk: `T#acme#PURGE#${purges[0]?.id}`, limit: 100 });
  expect(items.map(({ sk }) => sk)).toEqual(['MANIFEST', 'PURGE']);
});
