import { Random } from '../../../scripts/sim/world/random.ts';
import { drawScenario } from '../../../scripts/sim/world/scenario.ts';
import { SimulatedProcess } from '../../../scripts/sim/world/simulated-process.ts';
import { TablePort } from '../../../scripts/sim/port/table-port.ts';
import { World } from '../../../scripts/sim/world/world.ts';
import type { Table } from '../../../shared/port/table.ts';
import { describeTable } from '../../contract/table-contract.ts';

/** A table of a world without faults, whose time goes on as long as somebody waits for an answer. */
function openTable(home: 'embedded' | 'serverless', indexLagMs: number): Table {
  const random = new Random(7);
  const scenario = { ...drawScenario(random, random), home, indexLagMs, faultsEndMs: 0 };
  const world = new World(scenario, random);
  const port = new TablePort(new SimulatedProcess(world, 'contract'));
  let waiting = 0;
  let isDriven = false;
  const drive = async (): Promise<void> => {
    if (isDriven) return;
    isDriven = true;
    // Everything that is under way, the lagging index too.
    while (await world.scheduler.drive(() => false)) continue;
    isDriven = false;
    if (waiting > 0) void drive();
  };
  const driven = async <T>(work: Promise<T>): Promise<T> => {
    waiting += 1;
    void drive();
    try {
      return await work;
    } finally {
      waiting -= 1;
    }
  };
  return {
    get: (key) => driven(port.get(key)),
    getMany: (keys) => driven(port.getMany(keys)),
    query: (query) => driven(port.query(query)),
    write: (ops) => driven(port.write(ops)),
    putMany: (items) => driven(port.putMany(items)),
    probe: () => driven(port.probe()),
  };
}

describeTable('the simulation of one machine', async () => ({
  table: openTable('embedded', 0),
  prefix: 'sim',
  close: async () => undefined,
}));
describeTable('the simulation of AWS', async () => ({
  table: openTable('serverless', 3_000),
  prefix: 'sim',
  close: async () => undefined,
}));
