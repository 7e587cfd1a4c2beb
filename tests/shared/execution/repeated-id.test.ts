/** A run whose id was given before: the head, which must not be there yet, keeps every row of the earlier run from being replaced. */
import { afterEach, expect, test } from '@jest/globals';
import type { Id } from '../../../shared/core/id.ts';
import { startExecution } from '../../../shared/execution/admit/start-execution.ts';
import { executionPk } from '../../../shared/execution/execution-record.ts';
import { ledgerPk } from '../../../shared/execution/ledger.ts';
import type { Ids } from '../../../shared/port/ids.ts';
import type { Item } from '../../../shared/port/table.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const manifest = `name: single
version: 1.0.0
tasks:
  - { id: only, uses: 'pkg:demo/echo@1.0.0' }
`;

let engine: Engine;
afterEach(() => engine.close());

test('admits nothing, and leaves the rows of the earlier run as they are', async () => {
  engine = await openEngine();
  await engine.publish(manifest);
  const { deps } = engine.home;
  const { tenant } = engine.actor;
  const first = await engine.start({ workflow: 'single' });
  await engine.finish(first.id);
  while (engine.home.pending() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const day = first.createdAt.slice(0, 10);
  const rows = async (): Promise<Item[]> => {
    const [run, ledger] = await Promise.all([
      deps.table.query({ pk: executionPk(tenant, first.id), limit: 100 }),
      deps.table.query({ pk: ledgerPk(tenant, day), limit: 100 }),
    ]);
    return [...run.items, ...ledger.items];
  };
  const before = structuredClone(await rows());
  expect(before.map(({ sk }) => sk)).toEqual(expect.arrayContaining(['EXEC', 'DECISION#start', 'TASK#only', first.id]));
  const next: Ids['next'] = (prefix) => (prefix === 'exec' ? first.id : deps.ids.next(prefix)) as Id<typeof prefix>;
  await expect(startExecution({ ...deps, ids: { ...deps.ids, next } }, engine.actor, { workflow: 'single' })).rejects.toThrow(
    /lost a race/,
  );
  expect(structuredClone(await rows())).toEqual(before);
});
