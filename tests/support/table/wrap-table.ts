import type { Table } from '../../../shared/port/table.ts';

/** A table that does some things differently, and everything else as it does. */
export function wrapTable(table: Table, different: Partial<Table>): Table {
  return {
    get: (key) => table.get(key),
    getMany: (keys) => table.getMany(keys),
    query: (query) => table.query(query),
    write: (ops, hint) => table.write(ops, hint),
    putMany: (items) => table.putMany(items),
    probe: () => table.probe(),
    ...different,
  };
}
