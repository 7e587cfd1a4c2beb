import type { Deps } from '../../../shared/port/deps.ts';
import type { WriteOp } from '../../../shared/port/table.ts';
import { wrapTable } from '../table/wrap-table.ts';

/** The same ports, where something happens once, just before the first write in which there is such an op: later than anything that was read for it. */
export function beforeWrite(deps: Deps, isIt: (op: WriteOp) => boolean, act: () => Promise<unknown>): Deps {
  let isDone = false;
  const table = wrapTable(deps.table, {
    async write(ops, hint) {
      if (!isDone && ops.some(isIt)) {
        isDone = true;
        await act();
      }
      return deps.table.write(ops, hint);
    },
  });
  return { ...deps, table };
}
