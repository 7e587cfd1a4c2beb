import { describe, expect, test } from '@jest/globals';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { inTurn } from '../../../shared/execution/admit/in-turn.ts';
import { SqliteTable } from '../../../shared/embedded/sqlite/sqlite-table.ts';

const acme = TenantId.parse('acme');
const other = TenantId.parse('other');

function withTable<T>(use: (table: SqliteTable) => Promise<T>): Promise<T> {
  const table = new SqliteTable(':memory:');
  return use(table).finally(() => table.close());
}

describe('work in turn', () => {
  test('begins when the earlier work of its tenant has ended, also when that failed', () =>
    withTable(async (table) => {
      const gate = Promise.withResolvers<undefined>();
      const order: string[] = [];
      const first = inTurn(table, acme, async () => {
        order.push('first begins');
        await gate.promise;
        order.push('first ends');
        throw new Error('the first fails');
      });
      const second = inTurn(table, acme, async () => {
        order.push('second');
        return 2;
      });
      gate.resolve(undefined);
      await expect(first).rejects.toThrow('the first fails');
      await expect(second).resolves.toBe(2);
      expect(order).toEqual(['first begins', 'first ends', 'second']);
      await expect(inTurn(table, acme, () => Promise.resolve(3))).resolves.toBe(3);
    }));

  test('of one tenant does not wait for that of another, nor for another table', () =>
    withTable(async (table) =>
      withTable(async (elsewhere) => {
        const gate = Promise.withResolvers<undefined>();
        const first = inTurn(table, acme, () => gate.promise);
        await expect(inTurn(table, other, () => Promise.resolve('other tenant'))).resolves.toBe('other tenant');
        await expect(inTurn(elsewhere, acme, () => Promise.resolve('other table'))).resolves.toBe('other table');
        gate.resolve(undefined);
        await first;
      }),
    ));
});
