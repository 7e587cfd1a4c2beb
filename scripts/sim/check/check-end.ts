/** What must hold when everything is over: what callers heard and what the world saw, against what is stored. Items are read as they are. */
import { openPartitions } from '../../../shared/execution/execution-record.ts';
import type { Item } from '../../../shared/port/table.ts';
import { acme } from '../world/acme.ts';
import type { Outside } from '../ask-home.ts';
import { numberOf, textOf } from './read-item.ts';
import { outlinedNames, taskItem, type GetItem } from './read-task.ts';
import { checkLog } from './check-log.ts';
import { checkRun } from './check-run.ts';
import type { Expect, StoredRun } from './stored-run.ts';
import type { World } from '../world/world.ts';

/** Reports everything that is wrong; `started` are the partitions of all runs that were ever admitted. */
export function checkEnd(world: World, outside: Outside, started: ReadonlySet<string>): void {
  const expect = (holds: boolean, rule: string, message: string): void => {
    if (!holds) world.violate(rule, message);
  };
  const items = [...world.store.all()];
  const runs = [...started].map((pk): StoredRun => storedRun(pk, items, (key) => world.store.get(key)));
  for (const run of runs) checkRun(world, run);
  checkMoney(items, runs, expect);
  checkCallers(outside, runs, expect);
  checkActions(outside, runs, items, expect);
  checkAudit(outside, runs, items, expect);
  checkLog(items, expect);
  const hasKeyless = world.scenario.starts.some(({ key }) => key === undefined);
  checkKeys(hasKeyless, runs, items, expect);
  const open = openPartitions.flatMap((pk) => world.store.query({ index: 'gsi2', pk, limit: 10 }).items);
  expect(open.length === 0, 'no run lost', `${open.length} runs are still listed as open`);
}

const isIn = (pk: string) => (item: Item) => item.pk === pk;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const sorted = (values: Iterable<string>): string => [...values].sort().join(' ');

function storedRun(pk: string, items: readonly Item[], get: GetItem): StoredRun {
  const own = items.filter(isIn(pk));
  const tasks = new Set([
    ...outlinedNames(get, pk),
    ...own.filter(({ sk }) => sk.startsWith('TASK#')).map(({ sk }) => sk.slice('TASK#'.length)),
  ]);
  const head = own.find(({ sk }) => sk === 'EXEC') ?? { pk, sk: 'EXEC' };
  return {
    pk,
    id: textOf(head, 'id'),
    head,
    tasks: [...tasks].sort().flatMap((name) => taskItem(get, pk, name) ?? []),
    receipt: own.find(({ sk }) => sk === 'RECEIPT'),
    decision: own.find(({ sk }) => sk === 'DECISION#start'),
    judged: own.filter(({ sk }) => sk.startsWith('JUDGED#')),
  };
}

function checkMoney(items: readonly Item[], runs: readonly StoredRun[], expect: Expect): void {
  const usage = `T#${acme}#USAGE`;
  const runsItem = items.find(({ pk, sk }) => pk === usage && sk === 'RUNS');
  expect(runsItem?.['inUse'] === 0, 'slots balance', `${textOf(runsItem, 'inUse')} slots are taken in the end`);
  for (const day of items.filter(({ pk, sk }) => pk === usage && sk.startsWith('DAY#'))) {
    const spent = sum(
      runs.filter(({ head }) => day.sk === `DAY#${textOf(head, 'budgetDay')}`).map(({ head }) => numberOf(head, 'actualCostUsdMicros')),
    );
    const found = ['reservedUsdMicros', 'measuredUsdMicros', 'committedUsdMicros'].map((field) => numberOf(day, field));
    expect(found.join() === [0, spent, spent].join(), 'money balances', `${day.sk} ends with ${found.join()}, its runs cost ${spent}`);
  }
  const rows = items.filter(({ pk }) => pk.startsWith(`T#${acme}#LEDGER#`));
  const told = (run: StoredRun): string => `${run.id}:${textOf(run.head, 'budgetDay')}:measured:${textOf(run.head, 'actualCostUsdMicros')}`;
  const read = (row: Item): string =>
    `${row.sk}:${row.pk.split('#').at(-1) ?? ''}:${textOf(row, 'basis')}:${textOf(row, 'measuredUsdMicros')}`;
  expect(
    sorted(rows.map(read)) === sorted(runs.map(told)),
    'money balances',
    `ledger ${sorted(rows.map(read))}; runs ${sorted(runs.map(told))}`,
  );
}

function checkCallers({ accepted }: Outside, runs: readonly StoredRun[], expect: Expect): void {
  const known = new Set(runs.map(({ id }) => id));
  const byKey = new Map<string, Set<string>>();
  for (const { start, executionId } of accepted) {
    expect(known.has(executionId), 'no run lost', `${executionId} was accepted and is nowhere`);
    if (start.key !== undefined) byKey.set(start.key, (byKey.get(start.key) ?? new Set()).add(executionId));
  }
  for (const [key, ids] of byKey) expect(ids.size === 1, 'none doubled', `${key} was answered with ${sorted(ids)}`);
  const fresh = accepted.filter(({ replayed }) => !replayed).map(({ executionId }) => executionId);
  expect(new Set(fresh).size === fresh.length, 'none doubled', `a run was answered twice as new: ${sorted(fresh)}`);
}

/** Without callers that give no key, every run has one, and every key has its run. */
function checkKeys(hasKeyless: boolean, runs: readonly StoredRun[], items: readonly Item[], expect: Expect): void {
  const keyed = items.filter(({ pk }) => pk.startsWith(`T#${acme}#IDEM#`)).map((item) => textOf(item, 'executionId'));
  const unkeyed = runs.filter(({ id }) => !keyed.includes(id));
  expect(hasKeyless || unkeyed.length === 0, 'none doubled', `nobody asked for ${sorted(unkeyed.map(({ id }) => id))}`);
  const lost = keyed.filter((id) => !runs.some((run) => run.id === id));
  expect(lost.length === 0, 'no run lost', `idempotency keys name ${sorted(lost)}, which are nowhere`);
}

/** A cancel lands, of several retries one wins, and a key acts once; each action is audited once. */
function checkActions({ acted }: Outside, runs: readonly StoredRun[], items: readonly Item[], expect: Expect): void {
  for (const { action, on, executionId } of acted) {
    const about = `${action.action} ${action.key} of ${on}`;
    const run = runs.find(({ id }) => id === executionId);
    expect(run !== undefined, 'no run lost', `${about} was answered with ${executionId}, which is nowhere`);
    if (action.action === 'cancel')
      expect(run?.head['state'] === 'cancelled' && executionId === on, 'a cancel lands', `${about}: it is ${textOf(run?.head, 'state')}`);
    else expect(run?.head[`${action.action}Of`] === on, 'no two operators win', `${about} was answered with ${executionId}`);
  }
  const answers = new Map(acted.map(({ action, on, executionId }) => [`${action.key} ${on}`, executionId]));
  for (const { action, on, executionId } of acted)
    expect(answers.get(`${action.key} ${on}`) === executionId, 'no two operators win', `${action.key} acted twice`);
  const retried = runs.flatMap(({ head }) => (head['retryOf'] === undefined ? [] : [textOf(head, 'retryOf')]));
  expect(new Set(retried).size === retried.length, 'no two operators win', `a run was retried twice: ${sorted(retried)}`);
  const done = [
    ...runs.filter(({ head }) => head['outcome'] === 'cancelled').map(({ id }) => `cancel ${id}`),
    ...runs.flatMap(({ head }) =>
      ['retry', 'replay'].flatMap((kind) => (head[`${kind}Of`] === undefined ? [] : [`${kind} ${textOf(head, `${kind}Of`)}`])),
    ),
  ];
  const told = eventsOf(items, 'mc.exec.action').map(({ subject, data }) => `${String(data.details['action'])} ${subject}`);
  expect(sorted(done) === sorted(told), 'every action is audited', `done ${sorted(done)}; events ${sorted(told)}`);
}

interface StoredEvent {
  type: string;
  subject: string;
  data: { details: Readonly<Record<string, unknown>> };
}

/** Written by the engine, read here to be judged. */
function eventsOf(items: readonly Item[], type: string): StoredEvent[] {
  return items.filter(isIn(`T#${acme}#AUDIT`)).flatMap(({ event }) => {
    const read = event as unknown as StoredEvent;
    return read.type === type ? [read] : [];
  });
}

function checkAudit({ denied }: Outside, runs: readonly StoredRun[], items: readonly Item[], expect: Expect): void {
  const subjects = (type: string): string[] => eventsOf(items, type).map(({ subject }) => subject);
  const starts = sorted(subjects('mc.exec.start'));
  expect(starts === sorted(runs.map(({ id }) => id)), 'every start is audited', `events say ${starts}`);
  for (const { decisionId } of denied) {
    expect(subjects('mc.exec.deny').filter((id) => id === decisionId).length === 1, 'every denial is audited', decisionId);
    expect(items.some(isIn(`T#${acme}#DEC#${decisionId}`)), 'every decision is recorded', `the denial ${decisionId} is nowhere`);
  }
}
