/** What the rows of a run hold of its decisions, and that everything which reads them says the same as if they held them whole. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { commonTextKey } from '../../../shared/decision/common-text.ts';
import { decisionOp, getDecision, listDecisions, readDecisions } from '../../../shared/decision/decision-store.ts';
import type { Decision } from '../../../shared/decision/decision.ts';
import { artifactsOfTask } from '../../../shared/evidence/artifact.ts';
import { readArtifact } from '../../../shared/evidence/read-artifact.ts';
import { startDecision, startFacts } from '../../../shared/execution/decision-log.ts';
import { executionPk } from '../../../shared/execution/execution-record.ts';
import { getExecutionRecord, listTasks } from '../../../shared/execution/execution-store.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { listRunDecisions, type RunDecisionPage } from '../../../shared/execution/read/list-run-decisions.ts';
import type { Item } from '../../../shared/port/table.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { allowing, fakePolicy } from '../../support/fake-policy.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
}, 60_000);
afterEach(() => home.close());

async function rowsOf({ id }: Pick<Execution, 'id'>): Promise<Item[]> {
  const { items } = await home.home.deps.table.query({ pk: executionPk(home.actor.tenant, id), limit: 100 });
  return items.filter(({ sk }) => /^(?:DECISION|JUDGED|TASK)#/.test(sk));
}

const attemptsIn = (row: Item): Record<string, Item>[] => (row['attempts'] ?? []) as unknown as Record<string, Item>[];

/** What rows hold of decisions: as rows of their own, or in the attempts of tasks. */
async function heldOf(run: Pick<Execution, 'id'>): Promise<Item[]> {
  return (await rowsOf(run)).flatMap((row): Item[] => {
    if (!row.sk.startsWith('TASK#')) return [row];
    return attemptsIn(row).flatMap(({ judged }) => (judged ? [{ ...judged, pk: row.pk, sk: row.sk }] : []));
  });
}

const pageOf = ({ id }: Pick<Execution, 'id'>): Promise<RunDecisionPage> => listRunDecisions(home.home.deps, home.actor, { id, limit: 50 });

/** Everything that is told of the decisions of a run. */
async function toldOf({ id, decisionId }: Execution): Promise<unknown> {
  const { deps } = home.home;
  const { tenant } = home.actor;
  const head = await getExecutionRecord(deps, tenant, id);
  const artifacts = (await listTasks(deps, head)).flatMap((task) => artifactsOfTask(head, task));
  const files = artifacts.filter(({ name }) => name.startsWith('decisions/'));
  const { packs } = await startFacts(deps, head);
  return {
    page: await pageOf({ id }),
    start: await startDecision(deps, head),
    packs,
    decision: await getDecision(deps, tenant, decisionId),
    listed: (await listDecisions(deps, tenant, { limit: 100 })).items.find((decision) => decision.id === decisionId),
    files: await Promise.all(files.map(async (file) => Buffer.from((await readArtifact(deps, tenant, file)) ?? '').toString())),
  };
}

/** The rows of the run as 0.2.0 wrote them. */
async function makeWhole(run: Execution): Promise<void> {
  const { deps } = home.home;
  const { tenant } = home.actor;
  const { logs } = await pageOf(run);
  const whole: Item[] = [];
  for (const row of await rowsOf(run)) {
    if (row.sk.startsWith('TASK#')) {
      const attempts = attemptsIn(row).map(({ judged: _judged, ...attempt }) => attempt);
      whole.push({ ...row, attempts }, { pk: row.pk, sk: row.sk.replace('TASK#', 'JUDGED#task#') + '#1', text: logs.shift()?.text });
    } else {
      const [decision] = await readDecisions(deps, tenant, [row]);
      const op = decisionOp(row.pk, decision!);
      if (op.kind === 'put') whole.push(op.item);
    }
  }
  await deps.table.putMany(whole);
}

describe('the decisions of a run', () => {
  test('name what they have in common, and take a third of what they say', async () => {
    const [first, second] = [await home.run(), await home.run()];
    const rows = [...(await heldOf(first)), ...(await heldOf(second))];
    expect(rows).toHaveLength(6);
    expect(new Set(rows.map(({ common }) => common)).size).toBe(2);
    const { items, logs } = await pageOf(first);
    const said = JSON.stringify(items[0]).length + logs.reduce((sum, { text }) => sum + JSON.stringify({ text }).length, 0);
    expect(3 * (await heldOf(first)).reduce((sum, row) => sum + JSON.stringify(row).length, 0)).toBeLessThan(said);
    expect(JSON.stringify(rows)).not.toMatch(/"packs"|resourceClasses/);
  });

  test('are told in the bytes whose digest the run holds, from parts and from rows of 0.2.0 alike', async () => {
    const run = await home.run();
    const fromParts = await toldOf(run);
    const { page, files } = fromParts as { page: RunDecisionPage; files: string[] };
    expect(page.items.slice(1).map(({ point }) => point)).toEqual(['place', 'task', 'write', 'place', 'task', 'write']);
    expect(files.map((text) => digestBytes(text))).toEqual(
      run.tasks.flatMap((task) => task.attempts.map((attempt) => attempt.decisionsDigest)),
    );
    await makeWhole(run);
    expect((await heldOf(run)).map(({ sk, common }) => [sk, common])).toEqual(
      ['DECISION#start', 'JUDGED#task#first#1', 'JUDGED#task#second#1'].map((sk) => [sk, undefined]),
    );
    expect(await toldOf(run)).toEqual(fromParts);
  });

  test('are read as they are stored, also in the process that made them', async () => {
    const { deps } = home.home;
    const run = await home.run();
    const made = await getDecision(deps, home.actor.tenant, run.decisionId);
    const [row] = await rowsOf(run);
    const [common, ...others] = await readDecisions(deps, home.actor.tenant, [structuredClone(row!)]);
    expect([common, others]).toEqual([made, []]);
    await deps.table.write([{ kind: 'update', key: { pk: row!.pk, sk: row!.sk }, set: { tookMs: 77 } }]);
    expect(await getDecision(deps, home.actor.tenant, run.decisionId)).toEqual({ ...made, tookMs: 77 });
  });

  test('with warnings keep their reasons out of the common text, and in what is told', async () => {
    const { deps } = home.home;
    const entry = { effect: 'warn', rule: 'test.odd', message: 'odd', got: 'this run', allowed: 'that', solution: 'none' } as const;
    Object.assign(deps, { policy: fakePolicy([allowing('first'), { ...allowing('second'), verdict: 'warn', entries: [entry] }]) });
    const run = await home.run();
    const { items, logs } = await pageOf(run);
    expect(items.map(({ packs }) => packs.map(({ entries }) => entries))).toEqual(items.map(() => [[], [entry]]));
    expect(logs.map(({ digest }) => digest)).toEqual(run.tasks.flatMap((task) => task.attempts.map((attempt) => attempt.decisionsDigest)));
    for (const row of await heldOf(run)) {
      const text = await deps.table.get(commonTextKey(home.actor.tenant, row['common'] as Decision['packs'][number]['digest']));
      expect(text?.['text']).not.toContain('this run');
    }
  });

  test('too large for a common text, which is JSON inside of JSON, are kept whole', async () => {
    const { deps } = home.home;
    const huge = Array.from({ length: 2_850 }, (_, at) => allowing(`pack-${at}`));
    Object.assign(deps, { policy: { evaluate: async (point: string) => (point === 'start' ? huge : [allowing('test')]) } });
    const run = await home.run();
    const rows = await heldOf(run);
    expect(rows.map(({ sk, common }) => [sk, common !== undefined])).toEqual([
      ['DECISION#start', false],
      ['TASK#first', true],
      ['TASK#second', true],
    ]);
    expect((await pageOf(run)).items[0]?.packs).toHaveLength(huge.length);
  });

  test('that are purged with their run leave the texts to the others', async () => {
    const old = await home.run();
    await home.purge(receiptDaysMin + 1);
    expect(await rowsOf(old)).toEqual([]);
    const run = await home.run();
    expect((await pageOf(run)).items).toHaveLength(7);
  });
});

test('a page of decisions about large workflows ends early, though their rows are small', async () => {
  const { deps } = home.home;
  const tasks = Array.from({ length: 300 }, (_, at) => `  - { id: t${at}, uses: 'pkg:demo/echo@1.0.0' }`).join('\n');
  await home.publish(`name: wide\nversion: 1.0.0\ntasks:\n${tasks}\n`);
  for (let count = 0; count < 40; count += 1) await home.start({ workflow: 'wide' });
  const page = await listDecisions(deps, home.actor.tenant, { limit: 100 });
  expect(page.cursor).toBeDefined();
  expect(JSON.stringify(page).length).toBeLessThan(2 * 1024 * 1024);
}, 60_000);
