import { describe, expect, test } from '@jest/globals';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { withLinesOf, type LinesInTurn } from '../../../shared/execution/admit/lines-in-turn.ts';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';

const acme = TenantId.parse('acme');
const other = TenantId.parse('other');

function withTable<T>(use: (table: SqliteTable) => Promise<T>): Promise<T> {
  const table = new SqliteTable(':memory:');
  return use(table).finally(() => table.close());
}

const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

describe('lines of a tenant', () => {
  test('are begun one batch after the other, also when one fails', () =>
    withTable(async (table) => {
      const gate = Promise.withResolvers<undefined>();
      const order: string[] = [];
      const first = withLinesOf(table, acme, (turns) =>
        turns.begin(async () => {
          order.push('first begins');
          await gate.promise;
          order.push('first has begun all');
          throw new Error('the first fails');
        }),
      );
      const second = withLinesOf(table, acme, (turns) =>
        turns.begin(async () => {
          order.push('second');
          return 2;
        }),
      );
      await settle();
      expect(order).toEqual(['first begins']);
      gate.resolve(undefined);
      await expect(first).rejects.toThrow('the first fails');
      await expect(second).resolves.toBe(2);
      expect(order).toEqual(['first begins', 'first has begun all', 'second']);
    }));

  test('begin while those of an earlier batch are stored, as long as there is room', () =>
    withTable(async (table) => {
      const stored = Promise.withResolvers<undefined>();
      const begun: string[] = [];
      const batch = (name: string, lines: number): Promise<void> =>
        withLinesOf(table, acme, async (turns) => {
          const { results } = await turns.begin(async () => {
            await turns.room(lines, 10);
            begun.push(name);
            return { results: turns.count(lines, stored.promise) };
          });
          await results;
        });
      const all = [batch('a', 6), batch('b', 4), batch('c', 1), batch('d', 20)];
      await settle();
      expect(begun).toEqual(['a', 'b']);
      stored.resolve(undefined);
      await Promise.all(all);
      // One that is larger than the room begins when nothing else is under way.
      expect(begun).toEqual(['a', 'b', 'c', 'd']);
    }));

  test('give their room back when they fail', () =>
    withTable(async (table) => {
      const failing = withLinesOf(table, acme, async (turns) => {
        await turns.room(5, 5);
        await turns.count(5, Promise.reject(new Error('the disk is full')));
      });
      const next = withLinesOf(table, acme, async (turns) => turns.room(5, 5).then(() => 'has room'));
      await expect(failing).rejects.toThrow('the disk is full');
      await expect(next).resolves.toBe('has room');
    }));

  test('of one tenant do not wait for those of another, nor for another table', () =>
    withTable(async (table) =>
      withTable(async (elsewhere) => {
        const gate = Promise.withResolvers<undefined>();
        const first = withLinesOf(table, acme, (turns) => turns.begin(() => gate.promise));
        const at = (where: SqliteTable, tenant: TenantId): Promise<string> =>
          withLinesOf(where, tenant, (turns) => turns.begin(() => Promise.resolve('begun')));
        await expect(at(table, other)).resolves.toBe('begun');
        await expect(at(elsewhere, acme)).resolves.toBe('begun');
        gate.resolve(undefined);
        await first;
      }),
    ));

  test('are forgotten when none is under way and no batch waits, and not before', () =>
    withTable(async (table) => {
      const [ends, begins] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
      const same = async (mine: LinesInTurn): Promise<LinesInTurn> => mine;
      // It has nothing to begin any more, and takes its time to end.
      const ending = withLinesOf(table, acme, async (mine) => ends.promise.then(() => mine));
      const first = await withLinesOf(table, acme, same);
      const busy = withLinesOf(table, acme, async (mine) => mine.begin(() => begins.promise).then(() => mine));
      const second = await withLinesOf(table, acme, same);
      expect(second).not.toBe(first);
      ends.resolve(undefined);
      expect(await ending).toBe(first);
      expect(await withLinesOf(table, acme, same)).toBe(second);
      begins.resolve(undefined);
      expect(await busy).toBe(second);
      expect(await withLinesOf(table, acme, same)).not.toBe(second);
    }));
});
