/** The table port of one process over the store of its world: every call is a step, and reads of several items need not be of one moment. */
import type { Item, Key, Page, Query, Table, WriteOp, WriteResult } from '../../../shared/port/table.ts';
import { checkItem } from '../../../shared/port/table-rules.ts';
import { nameWrite, targetsOf } from './name-write.ts';
import { queryByPlace, sortKeyOf } from '../world/waiting-entries.ts';
import { tableRefusals, type SimulatedProcess } from '../world/simulated-process.ts';

/** How often a read of several items sees some of them earlier than others; DynamoDB promises no more. */
const tornChance = 0.3;

export class TablePort implements Table {
  readonly #process: SimulatedProcess;

  constructor(process: SimulatedProcess) {
    this.#process = process;
  }

  get(key: Key): Promise<Item | undefined> {
    return this.#read('get', () => this.#process.world.store.get(key));
  }

  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    const { store } = this.#process.world;
    const read = (some: readonly Key[]) => this.#read('getMany', () => some.map((key) => store.get(key)));
    if (keys.length < 2 || !this.#isTorn()) return read(keys);
    const half = keys.length >> 1;
    const late = await read(keys.slice(half));
    return [...(await read(keys.slice(0, half))), ...late];
  }

  async query(query: Query): Promise<Page> {
    const { store } = this.#process.world;
    const first = await this.#read('query', () => queryByPlace(store, query));
    if (query.index !== undefined || query.cursor !== undefined || first.items.length < 2 || !this.#isTorn()) return first;
    // The second half of the page was read later than the first.
    const second = await this.#read('query', () => queryByPlace(store, query));
    const middle = first.items[first.items.length >> 1];
    const border = middle ? sortKeyOf(middle) : '';
    const isEarly = (item: Item): boolean => (query.reverse ? sortKeyOf(item) > border : sortKeyOf(item) < border);
    return { ...second, items: [...first.items.filter(isEarly), ...second.items.filter((item) => !isEarly(item))] };
  }

  write(ops: readonly WriteOp[]): Promise<WriteResult> {
    const process = this.#process;
    const name = nameWrite(ops);
    return process.step({ name, isWrite: true, refusals: this.#refusals }, () => {
      const result = process.world.write(ops, process);
      process.tell(() => `${name} ${result.ok ? 'ok' : `LOST at ${result.failed.join()}`}  ${targetsOf(ops)}`);
      process.world.note(result.ok ? `write ${name}` : `lost ${name}`);
      return result;
    });
  }

  async putMany(items: readonly Item[]): Promise<void> {
    items.forEach(checkItem);
    for (const item of items) await this.write([{ kind: 'put', item }]);
  }

  probe(): Promise<void> {
    return this.#read('probe', () => undefined);
  }

  get #refusals(): (typeof tableRefusals)['embedded' | 'serverless'] {
    return tableRefusals[this.#process.world.scenario.home];
  }

  #isTorn(): boolean {
    const { scenario, random } = this.#process.world;
    return scenario.home === 'serverless' && random.chance(tornChance);
  }

  #read<T>(name: string, effect: () => T): Promise<T> {
    return this.#process.step({ name, isWrite: false, refusals: this.#refusals }, effect);
  }
}
