import type { Deps } from '../../../shared/port/deps.ts';
import type { Table, WriteOp } from '../../../shared/port/table.ts';

/** The same ports, where something happens once, just before the first write in which there is such an op: later than anything that was read for it. */
export function beforeWrite(deps: Deps, isIt: (op: WriteOp) => boolean, act: () => Promise<unknown>): Deps {
  let isDone = false;
  const table: Table = {
    get: (key) => deps.table.get(key),
    getMany: (keys) => deps.table.getMany(keys),
    query: (query) => deps.table.query(query),
    putMany: (items) => deps.table.putMany(items),
    probe: () => deps.table.probe(),
    async write(ops) {
      if (!isDone && ops.some(isIt)) {
        isDone = true;
        await act();
      }
      return deps.table.write(ops);
    },
  };
  return { ...deps, table };
}
