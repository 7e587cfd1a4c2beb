/** Decisions that an attempt keeps itself: which do, which have a row of their own, and that nobody who reads them can tell. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { digestBytes, type Digest } from '../../../shared/core/digest.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { decisionsOfTask } from '../../../shared/evidence/artifact.ts';
import { readArtifact } from '../../../shared/evidence/read-artifact.ts';
import { readStoredLogs } from '../../../shared/execution/decision-log.ts';
import { executionPk, TaskRecord } from '../../../shared/execution/execution-record.ts';
import { getExecutionRecord, listTasks } from '../../../shared/execution/execution-store.ts';
import { Execution } from '../../../shared/execution/execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import { listRunDecisions } from '../../../shared/execution/read/list-run-decisions.ts';
import type { Item } from '../../../shared/port/table.ts';
import { setRetention } from '../../../shared/retention/set-retention.ts';
import { allowing, fakePolicy } from '../../support/fake-policy.ts';
import { failing } from '../../support/open-engine.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

let home: AgedHome;
beforeEach(async () => {
  home = await openAgedHome();
}, 60_000);
afterEach(() => home.close());

interface Written {
  attempts: { decisions: { id: string }[]; decisionsDigest: Digest; judged?: Record<string, unknown> }[];
}

/** Where the decisions about the attempts of a run are: keys of rows of their own, and the attempts that keep them. */
async function placesOf(id: Execution['id']): Promise<string[]> {
  const { items } = await home.home.deps.table.query({ pk: executionPk(home.actor.tenant, id), limit: 100 });
  return items.flatMap((item) => {
    if (item.sk.startsWith('JUDGED#')) return [item.sk];
    if (!item.sk.startsWith('TASK#')) return [];
    return (item as unknown as Written).attempts.flatMap(({ judged }, at) => (judged ? [`${item.sk}#${at + 1}`] : []));
  });
}

/** The texts of decisions of the run by their names in a pack, each read where it is. */
async function textsOf(id: Execution['id']): Promise<[string, string][]> {
  const { deps } = home.home;
  const { tenant } = home.actor;
  const head = await getExecutionRecord(deps, tenant, id);
  const artifacts = (await listTasks(deps, head)).flatMap((task) => decisionsOfTask(head, task));
  const read = async (at: number): Promise<string> => Buffer.from((await readArtifact(deps, tenant, artifacts[at]!)) ?? '').toString();
  return Promise.all(artifacts.map(async ({ name }, at): Promise<[string, string]> => [name, await read(at)]));
}

describe('rows of the version that gave every attempt a row of its own', () => {
  /** A task, its row of decisions and their common text, as that version wrote them. Never edit them. */
  const rows = JSON.parse(readFileSync(new URL('../../fixtures/rows/judged/attempt.json', import.meta.url), 'utf8')) as [Item, Item, Item];
  const [judged, task, common] = rows;
  const run = { tenant: TenantId.parse('local'), id: idSchema('exec').parse('exec_01M7ZZ03GD75FKGJRD33VN4Q9X') };
  const [attempt] = (task as unknown as Written).attempts;

  /** The row of the task as this version writes it. */
  function folded(change: (kept: Record<string, unknown>) => Record<string, unknown> = (kept) => kept): Item {
    const { asked, about, made } = judged as unknown as { asked: unknown; about: string; made: [string, string, number][] };
    const decidedAt = made.map(([, at]) => Date.parse(at));
    const kept = change({ common: judged['common'], asked, about, decidedAt, tookMs: made.map(([, , tookMs]) => tookMs) });
    return { ...task, attempts: [{ ...attempt, judged: kept }] } as unknown as Item;
  }

  test('are read as ever: the text has the digest that the attempt holds', async () => {
    const { deps } = home.home;
    await deps.table.putMany(rows);
    const [log, ...others] = await readStoredLogs(deps, run, [task, judged]);
    expect(others).toEqual([]);
    expect(digestBytes(log!.text)).toBe(attempt?.decisionsDigest);
    const [artifact] = decisionsOfTask(run as Parameters<typeof decisionsOfTask>[0], TaskRecord.parse(task));
    expect(Buffer.from((await readArtifact(deps, run.tenant, artifact!))!).toString()).toBe(log?.text);
  });

  test('say byte for byte what one row says', async () => {
    const { deps } = home.home;
    await deps.table.putMany([common]);
    expect(await readStoredLogs(deps, run, [folded()])).toEqual(await readStoredLogs(deps, run, [judged]));
  });

  test.each([
    ['a time', { decidedAt: [1_795_295_284_812, 1_795_295_284_813] }],
    ['a duration', { tookMs: [0.458, 0.311] }],
    ['a decision', { decidedAt: [1, 2, 3, 4], tookMs: [1, 2, 3, 4] }],
  ])('are refused when one row says less or more than %s of each decision', async (_, change) => {
    await home.home.deps.table.putMany([common]);
    await expect(readStoredLogs(home.home.deps, run, [folded((kept) => ({ ...kept, ...change }))])).rejects.toThrow();
  });
});

describe('the decisions about an attempt', () => {
  test('are kept by the attempt when it is the first and plainly allowed; nobody is shown how', async () => {
    const { id } = await home.run();
    expect(await placesOf(id)).toEqual(['TASK#first#1', 'TASK#second#1']);
    const shown = await getExecution(home.home.deps, home.actor, id);
    expect(Execution.parse(shown)).toEqual(shown);
  });

  test('have a row for every attempt but the first and for what undoes a task, and are told in one order', async () => {
    await home.publish(`name: trying
version: 1.0.0
dataClass: internal
tasks:
  - { id: book, uses: 'pkg:demo/echo@1.0.0', retries: 2, compensate: { uses: 'pkg:demo/sleep@1.0.0', with: { ms: 1 } } }
  - { id: pay, uses: 'pkg:demo/echo@1.0.0', needs: [book] }
`);
    let tries = 0;
    home.simulate((spec) => {
      if (spec.taskId === 'pay') return failing('declined', false);
      if (spec.package.uses.includes('sleep')) return { result: { kind: 'succeeded', outputs: { sleptMs: 1 }, usage: { wallMs: 1 } } };
      tries += 1;
      return tries < 3 ? failing('busy', true) : simulateEcho(spec);
    });
    const { id } = await home.finish((await home.start({ workflow: 'trying' })).id);
    expect(await placesOf(id)).toEqual([
      ...['JUDGED#compensation#book#1', 'JUDGED#task#book#2', 'JUDGED#task#book#3'],
      ...['TASK#book#1', 'TASK#pay#1'],
    ]);
    const texts = new Map(await textsOf(id));
    const named = ['book/compensation/1', 'book/1', 'book/2', 'book/3', 'pay/1'].map((name) => texts.get(`decisions/${name}.json`));
    const { items, logs } = await listRunDecisions(home.home.deps, home.actor, { id, limit: 50 });
    expect(logs.map(({ text }) => text)).toEqual(named);
    expect(items).toHaveLength(1 + 3 * named.length);
    const task = TaskRecord.parse(await home.home.deps.table.get({ pk: executionPk(home.actor.tenant, id), sk: 'TASK#book' }));
    const digests = [...task.compensationAttempts, ...task.attempts].map(({ decisionsDigest }) => decisionsDigest);
    expect(digests).toEqual(logs.slice(0, 4).map(({ digest }) => digest));
  });

  test('that are long have a row, and the row of the task stays small', async () => {
    // Each decision says of every pack which one it was, with its digest.
    const many = (count: number): void => {
      home.home.deps.policy = fakePolicy(Array.from({ length: count }, (_, at) => allowing(`pack-${at}`)));
    };
    many(60);
    const short = await home.run();
    many(100);
    const long = await home.run();
    expect(await placesOf(short.id)).toEqual(['TASK#first#1', 'TASK#second#1']);
    expect(await placesOf(long.id)).toEqual(['JUDGED#task#first#1', 'JUDGED#task#second#1']);
    for (const { id, tasks } of [short, long])
      expect((await textsOf(id)).map(([, text]) => digestBytes(text))).toEqual(
        tasks.flatMap(({ attempts }) => attempts.map(({ decisionsDigest }) => decisionsDigest)),
      );
  });

  test('with reasons have a row, where the seal looks for what stands in the receipt', async () => {
    const entry = { effect: 'warn', rule: 'test.odd', message: 'odd', got: 'this', allowed: 'that', solution: 'none' } as const;
    home.home.deps.policy = fakePolicy([{ ...allowing('test'), verdict: 'warn', entries: [entry] }]);
    expect(await placesOf((await home.run()).id)).toEqual(['JUDGED#task#first#1', 'JUDGED#task#second#1']);
  });

  test('are told page by page, each once, wherever they are', async () => {
    const { deps } = home.home;
    const { id } = await home.run();
    const { items } = await listRunDecisions(deps, home.actor, { id, limit: 50 });
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listRunDecisions(deps, home.actor, { id, limit: 1, ...(cursor && { cursor }) });
      expect(page.logs.length).toBeLessThanOrEqual(1);
      paged.push(...page.items.map((decision) => decision.id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(paged).toEqual(items.map((decision) => decision.id));
  });

  test('stay when the data of the run is purged', async () => {
    const { id } = await home.run('short');
    const sealedOf = async (): Promise<number> => {
      const { items } = await home.home.deps.table.query({ pk: executionPk(home.actor.tenant, id), prefix: 'TASK#', limit: 10 });
      return JSON.stringify(items).split('"sealed"').length - 1;
    };
    const before = await textsOf(id);
    expect(await sealedOf()).toBe(2);
    const change = { data: { succeeded: 30 }, reason: 'values go early' };
    await setRetention(home.home.deps, home.actor, { tenant: home.actor.tenant, change });
    await home.purge(31);
    expect(await sealedOf()).toBe(0);
    expect(await textsOf(id)).toEqual(before);
  });
});
