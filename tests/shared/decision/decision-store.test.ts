import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Decision } from '../../../shared/decision/decision.ts';
import { decisionOp, listDecisions, listDecisionsSince, loneDecisionPk } from '../../../shared/decision/decision-store.ts';
import type { Page } from '../../../shared/port/table.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildDecision } from '../../support/build-decision.ts';

const { tenant } = buildActor();

let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => home.close());

/** Decisions of `acme` about that many tasks each. */
async function record(count: number, tasks: number): Promise<string[]> {
  const base = buildDecision();
  const [task] = base.input.workflow.tasks;
  if (!task) throw new Error('the golden question has no task');
  const many = Array.from({ length: tasks }, (_, at) => ({ ...task, id: `task-${at}` }));
  const input = { ...base.input, tenant: { ...base.input.tenant, id: 'acme' }, workflow: { ...base.input.workflow, tasks: many } };
  const decisions = Array.from({ length: count }, (): Decision => ({ ...base, id: home.deps.ids.next('dec'), input }));
  for (const decision of decisions) await home.table.write([decisionOp(loneDecisionPk(tenant, decision.id), decision)]);
  return decisions.map(({ id }) => id);
}

async function readAll(read: (cursor: { cursor?: string }) => Promise<Page<Decision>>): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor === undefined ? {} : { cursor });
    pages.push(page.items.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pages;
}

describe('a list of decisions', () => {
  test('has as many on a page as were asked for', async () => {
    const ids = await record(25, 1);
    const pages = await readAll((cursor) => listDecisions(home.deps, tenant, { limit: 20, ...cursor }));
    expect(pages).toEqual([ids.toReversed().slice(0, 20), ids.toReversed().slice(20)]);
  });

  test('ends a page early when the decisions are large, and the pages together are all of them', async () => {
    const ids = await record(24, 500);
    const pages = await readAll((cursor) => listDecisions(home.deps, tenant, { limit: 100, ...cursor }));
    expect(pages.length).toBeGreaterThan(1);
    for (const page of pages) expect(page.length).toBeLessThanOrEqual(20);
    expect(pages.flat()).toEqual(ids.toReversed());
  });

  test('since a moment ends a page early as well, and is whole from there on', async () => {
    const ids = await record(220, 500);
    const since = ids[5] ?? '';
    const pages = await readAll((cursor) => listDecisionsSince(home.deps, tenant, since, { limit: 2_500, ...cursor }));
    expect(pages.map(({ length }) => length)).toEqual([200, 15]);
    expect(pages.flat()).toEqual(ids.slice(5));
  });
});
