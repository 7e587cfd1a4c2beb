/**
 * Looks at every write at the moment when it happens: rules that hold between any two writes, not only at the end. It reads items as they are stored, without the
 * engine's own readers.
 */
import type { Item } from '../../../shared/port/table.ts';
import type { Change } from '../world/memory-store.ts';
import type { World, Writer } from '../world/world.ts';
import { commonTextOf, commonTextsNamedIn } from './common-text-of.ts';
import { numberOf, textOf, withEmptyMembers } from './read-item.ts';
import { outlinedNames, rowlessTask, taskItem, type GetItem } from './read-task.ts';

interface Money {
  reserved: number;
  measured: number;
}

const terminal = new Set(['succeeded', 'failed', 'cancelled']);
/** What may follow what; a state may always stay. */
const headSteps: Readonly<Record<string, readonly string[]>> = {
  queued: ['running', 'compensating', 'succeeded', 'failed', 'cancelled'],
  running: ['compensating', 'succeeded', 'failed', 'cancelled'],
  compensating: ['failed', 'cancelled'],
};
const outcomeSteps: Readonly<Record<string, readonly string[]>> = { open: ['failed', 'cancelled'], failed: ['cancelled'] };
const taskSteps: Readonly<Record<string, readonly string[]>> = {
  // Where its dispatcher has a slot free, the completion that releases a task claims it too.
  blocked: ['ready', 'running'],
  ready: ['running'],
  running: ['ready', 'succeeded', 'failed', 'cancelled'],
};
const compensationSteps: Readonly<Record<string, readonly string[]>> = {
  none: ['pending'],
  // A compensation that was given up may end all the same, as long as nobody else began it.
  pending: ['running', 'done', 'failed'],
  running: ['pending', 'done', 'failed', 'running'],
};

export class Watcher {
  readonly #world: World;
  readonly #open = new Map<string, Item>();
  readonly #unrecorded = new Set<string>();
  readonly #money = new Map<string, Money>();
  /** Which process made the claim that runs. */
  readonly #claims = new Map<string, Writer>();
  #usage: { inUse: number } = { inUse: 0 };
  /** Every run that was ever admitted. */
  readonly heads = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Whether every run is sealed and recorded. */
  get isQuiet(): boolean {
    return this.#open.size === 0 && this.#unrecorded.size === 0;
  }

  /** The runs that are not over, for whoever waited in vain. */
  describeOpen(): string {
    const open = [...this.#open.values()].map((head) => `${textOf(head, 'id')} (${textOf(head, 'state')}, ${textOf(head, 'outcome')})`);
    return [...open, ...this.#unrecorded].join(', ') || 'a caller without an answer';
  }

  look(written: readonly Change[], writer: Writer | undefined): void {
    const changes = written.flatMap((change) => this.#withRowless(change));
    for (const change of changes) {
      const { sk } = change.key;
      if (sk === 'EXEC') this.#lookAtHead(change);
      else if (sk.startsWith('TASK#')) this.#lookAtTask(change, writer);
      else if (sk === 'RUNS') this.#usage = { inUse: numberOf(change.after, 'inUse') };
      else if (sk === 'RECEIPT') this.#expect(change.before === undefined, 'one receipt', `${change.key.pk} got a second receipt`);
    }
    for (const { key, after } of changes) if (key.sk.startsWith('TASK#') && after) this.#lookAtNeeds(key.pk, after);
    for (const { after } of changes)
      if (after)
        this.#expect(
          commonTextsNamedIn(after).every((digest) => commonTextOf(this.#world.store, after.pk, digest) !== undefined),
          'every decision is recorded',
          `${after.pk} ${after.sk} names no text`,
        );
    if (changes.some(({ key }) => key.sk === 'RUNS' || key.sk === 'EXEC' || key.sk.startsWith('DAY#'))) this.#balance(changes);
  }

  /** The change, and what it means for tasks that have no row: those of a new run, and those that wait for a task that has succeeded now. */
  #withRowless(change: Change): Change[] {
    const { key, before } = change;
    const { pk } = key;
    if (key.sk === 'EXEC' && before === undefined)
      return [change, ...outlinedNames(this.#get, pk).map((name) => taskChange(pk, name, undefined, rowlessTask(this.#get, pk, name)))];
    if (!key.sk.startsWith('TASK#')) return [change];
    const own = wholeChange({ ...change, before: before ?? rowlessTask(this.#get, pk, key.sk.slice('TASK#'.length)) });
    if (own.after?.['state'] !== 'succeeded' || own.before?.['state'] === 'succeeded') return [own];
    const waiting = (own.after['dependents'] as string[]).filter((name) => this.#get({ pk, sk: `TASK#${name}` }) === undefined);
    return [
      own,
      ...waiting.map((name) => taskChange(pk, name, rowlessTask(this.#get, pk, name, own.before), rowlessTask(this.#get, pk, name))),
    ];
  }

  readonly #get: GetItem = (key) => this.#world.store.get(key);

  #expect(holds: boolean, rule: string, message: string): void {
    if (!holds) this.#world.violate(rule, message);
  }

  #step(steps: Readonly<Record<string, readonly string[]>>, { before, after, key }: Change, field: string): void {
    const [from, to] = [textOf(before, field), textOf(after, field)];
    if (from === to) return;
    if (key.sk === 'EXEC') this.#world.note(`run ${field} ${to}`);
    this.#expect(steps[from]?.includes(to) === true, 'states go forward', `${key.pk} ${key.sk}: ${field} went from ${from} to ${to}`);
  }

  #lookAtHead(change: Change): void {
    const { key, before, after } = change;
    if (after === undefined) return this.#expect(false, 'no run lost', `${key.pk} was deleted`);
    if (before === undefined) {
      this.heads.add(key.pk);
      this.#moneyOf(after).reserved += numberOf(after, 'estimatedCostUsdMicros');
      const day = this.#dayItem(after);
      const cap = this.#world.scenario.dailyMaxUsdMicros;
      const committed = numberOf(day, 'committedUsdMicros');
      this.#expect(committed <= cap, 'budget', `${key.pk} was admitted with ${committed} of ${cap} committed`);
    } else {
      this.#step(headSteps, change, 'state');
      this.#step(outcomeSteps, change, 'outcome');
      const { receiptId } = before;
      this.#expect(receiptId === null || receiptId === after['receiptId'], 'one receipt', `${key.pk} changed its receipt`);
    }
    const isOver = terminal.has(textOf(after, 'state'));
    this.#expect(isOver === (after['receiptId'] !== null), 'nothing ends without a receipt', `${key.pk} is ${textOf(after, 'state')}`);
    if (isOver && this.#open.delete(key.pk)) {
      const money = this.#moneyOf(after);
      money.reserved -= numberOf(after, 'estimatedCostUsdMicros');
      money.measured += numberOf(after, 'actualCostUsdMicros');
    } else if (!isOver) this.#open.set(key.pk, after);
    if (after.gsi2pk === undefined) this.#unrecorded.delete(key.pk);
    else this.#unrecorded.add(key.pk);
    this.#expect(after.gsi2pk !== undefined || isOver, 'no run lost', `${key.pk} is open, but no sweep finds it`);
  }

  #lookAtTask(change: Change, writer: Writer | undefined): void {
    const { key, before, after } = change;
    if (after === undefined) return this.#expect(false, 'no run lost', `${key.pk} ${key.sk} was deleted`);
    if (before?.['state'] !== after['state']) this.#world.note(`task seen ${textOf(after, 'state')}`);
    const id = `${key.pk} ${key.sk}`;
    const claims = (item: Item | undefined): number => numberOf(item, 'attempt') + numberOf(item, 'compensationAttempt');
    if (before !== undefined) {
      this.#expect(
        this.#world.store.get({ pk: key.pk, sk: 'EXEC' })?.['receiptId'] === null,
        'sealed is sealed',
        `${id} changed after the receipt`,
      );
      this.#step(taskSteps, change, 'state');
      this.#step(compensationSteps, change, 'compensation');
      this.#expectHeld(change, id);
      const isUndone = numberOf(after, 'compensationAttempt') > numberOf(before, 'compensationAttempt');
      this.#expect(!isUndone || !this.#isOpenFor(key.pk), 'nothing is undone in an open run', id);
      const begins = numberOf(after, 'attempt') > numberOf(before, 'attempt');
      this.#expect(
        !begins || this.#isOpenFor(key.pk),
        'nothing begins in a closed run',
        `${id} began attempt ${numberOf(after, 'attempt')}`,
      );
      this.#expect(claims(after) - claims(before) <= 1, 'states go forward', `${id} skipped an attempt`);
    }
    if (claims(after) > claims(before) && writer) this.#claims.set(id, writer);
  }

  #isOpenFor(pk: string): boolean {
    return this.#world.store.get({ pk, sk: 'EXEC' })?.['outcome'] === 'open';
  }

  /** Nobody takes an attempt away from a dispatcher that lives and whose lease holds. */
  #expectHeld({ before, after }: Change, id: string): void {
    const wasTaken = textOf(before, 'state') === 'running' && textOf(after, 'state') !== 'running' && isLost(after);
    const wasUndoing = before?.['compensation'] === 'running';
    const wasFreed = wasUndoing && after?.['compensation'] === 'pending' && isLastOpen(after);
    const wasClaimed = wasUndoing && numberOf(after, 'compensationAttempt') > numberOf(before, 'compensationAttempt');
    if (!wasTaken && !wasFreed && !wasClaimed) return;
    this.#world.note(wasTaken ? 'attempt lost' : wasFreed ? 'compensation freed' : 'compensation claimed from another');
    const leftMs = numberOf(before, 'leaseUntil') - this.#world.wallTime;
    const holds = leftMs <= this.#world.clockErrorMs || this.#claims.get(id)?.isAlive === false;
    this.#expect(holds, 'leases hold', `${id} was taken away ${leftMs} ms before its lease ended, and its dispatcher lives`);
  }

  /** What a task waits for is what has not succeeded of its needs; the same for those that wait for it. */
  #lookAtNeeds(pk: string, task: Item): void {
    const names = [textOf(task, 'id'), ...(textOf(task, 'state') === 'succeeded' ? (task['dependents'] as string[]) : [])];
    for (const name of names) {
      const waiting = taskItem(this.#get, pk, name);
      const needs = (waiting?.['needs'] ?? []) as string[]; // Written by the engine: a list of task ids.
      const left = needs.filter((need) => taskItem(this.#get, pk, need)?.['state'] !== 'succeeded');
      const count = numberOf(waiting, 'waitingOn');
      this.#expect(
        count === left.length,
        'releases are exact',
        `${pk} ${name} waits on ${count}, but ${left.length} of its needs are left`,
      );
      const isWaiting = textOf(waiting, 'state') === 'blocked';
      this.#expect(
        isWaiting === left.length > 0,
        'releases are exact',
        `${pk} ${name} is ${textOf(waiting, 'state')} with ${left.length} needs left`,
      );
    }
  }

  #balance(changes: readonly Change[]): void {
    const { inUse } = this.#usage;
    this.#expect(inUse === this.#open.size, 'slots balance', `${inUse} slots are taken, but ${this.#open.size} runs are open`);
    const cap = this.#world.scenario.maxConcurrent;
    this.#expect(inUse >= 0 && inUse <= cap, 'slots balance', `${inUse} of ${cap} slots are taken`);
    for (const { key, after } of changes) {
      if (!key.sk.startsWith('DAY#')) continue;
      const { reserved, measured } = this.#money.get(key.sk) ?? { reserved: 0, measured: 0 };
      const [r, m, c] = [numberOf(after, 'reservedUsdMicros'), numberOf(after, 'measuredUsdMicros'), numberOf(after, 'committedUsdMicros')];
      const holds = r === reserved && m === measured && c === r + m;
      this.#expect(
        holds,
        'money balances',
        `${key.sk} has ${r} reserved, ${m} measured, ${c} committed; its runs say ${reserved} and ${measured}`,
      );
    }
  }

  #moneyOf(head: Item): Money {
    const day = `DAY#${textOf(head, 'budgetDay')}`;
    const money = this.#money.get(day) ?? { reserved: 0, measured: 0 };
    this.#money.set(day, money);
    return money;
  }

  #dayItem(head: Item): Item | undefined {
    return this.#world.store.get({ pk: `T#${textOf(head, 'tenant')}#USAGE`, sk: `DAY#${textOf(head, 'budgetDay')}` });
  }
}

const taskChange = (pk: string, name: string, before: Item | undefined, after: Item | undefined): Change => ({
  key: { pk, sk: `TASK#${name}` },
  before,
  after,
});

const wholeChange = ({ key, before, after }: Change): Change => ({
  key,
  before: before && withEmptyMembers(before),
  after: after && withEmptyMembers(after),
});

interface StoredAttempt {
  failure: string | null;
  message: string | null;
  endedAt: string | null;
}

function isLost(task: Item | undefined): boolean {
  const last = (task?.['attempts'] as StoredAttempt[] | undefined)?.at(-1);
  // The other way to be lost is a bug of the runner, which its own dispatcher reports.
  return last?.failure === 'lost' && last.message === 'the dispatcher of this attempt died';
}

/** A compensation that its own dispatcher gave back has ended its attempt. */
function isLastOpen(task: Item | undefined): boolean {
  return (task?.['compensationAttempts'] as StoredAttempt[] | undefined)?.at(-1)?.endedAt === null;
}
