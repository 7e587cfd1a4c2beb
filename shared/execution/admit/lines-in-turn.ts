import type { TenantId } from '../../core/tenant-id.ts';
import type { Table } from '../../port/table.ts';

/**
 * Whose lines are begun next, of the batches of one tenant. Work that shares one thread ends no sooner side by side, but all of it is then in memory at once: so a batch begins its
 * lines when every earlier one has begun its own, and only while few are under way. It does not wait until those of the others are stored, or many small batches would be
 * no faster than the disk.
 */
export class LinesInTurn {
  /** Resolves when every batch so far has begun its lines, whatever came of that. */
  #begun: Promise<unknown> = Promise.resolve();
  #batches = 0;
  #underWay = 0;
  #ended = Promise.withResolvers<void>();

  /** Whether no batch is begun or waits, and no line is under way. */
  get isIdle(): boolean {
    return this.#batches === 0 && this.#underWay === 0;
  }

  /** Does this when every earlier batch has done it. */
  async begin<T>(beginLines: () => Promise<T>): Promise<T> {
    this.#batches += 1;
    const mine = this.#begun.then(beginLines);
    this.#begun = mine.catch(() => undefined); // Its caller sees the failure.
    try {
      return await mine;
    } finally {
      this.#batches -= 1;
    }
  }

  /** Resolves when so many lines of the batch whose turn it is may begin, so that at most `most` are under way. */
  async room(lines: number, most: number): Promise<void> {
    while (this.#underWay > 0 && this.#underWay + lines > most) await this.#ended.promise;
  }

  /** Counts these lines for as long as they take. */
  async count<T>(lines: number, work: Promise<T>): Promise<T> {
    this.#underWay += lines;
    try {
      return await work;
    } finally {
      this.#underWay -= lines;
      this.#ended.resolve();
      this.#ended = Promise.withResolvers();
    }
  }
}

const ofTables = new WeakMap<Table, Map<TenantId, LinesInTurn>>();

/** Does this with the turns of the tenant on this table; tenants do not wait for each other. Turns that nobody waits for are forgotten. */
export async function withLinesOf<T>(table: Table, tenant: TenantId, work: (turns: LinesInTurn) => Promise<T>): Promise<T> {
  const ofTable = ofTables.get(table) ?? new Map<TenantId, LinesInTurn>();
  ofTables.set(table, ofTable);
  const turns = ofTable.get(tenant) ?? new LinesInTurn();
  ofTable.set(tenant, turns);
  try {
    return await work(turns);
  } finally {
    if (turns.isIdle && ofTable.get(tenant) === turns) ofTable.delete(tenant);
  }
}
