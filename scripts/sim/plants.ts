/**
 * Bugs on purpose, to show that the checker finds them: each changes what a process, or its sweep, hands to the engine; the engine itself stays as it is. A simulation
 * that finds nothing is worth as much as these.
 */
import type { Deps } from '../../shared/port/deps.ts';
import type { Runner } from '../../shared/port/runner.ts';
import type { Item, Table, WriteOp, WriteResult } from '../../shared/port/table.ts';
import { keyOf } from '../../shared/port/table-rules.ts';
import { nameWrite } from './port/name-write.ts';
import type { SimulatedProcess } from './world/simulated-process.ts';

/** What is wrong in every process of a world. */
export interface Plant {
  what: string;
  /** What every use case of the process gets. */
  process?: (deps: Deps, process: SimulatedProcess) => Deps;
  /** What the sweep of the process gets, on top of that. */
  sweep?: (deps: Deps) => Deps;
}

type Write = (ops: readonly WriteOp[]) => Promise<WriteResult>;

const hourMs = 3_600_000;

const isTask = (op: WriteOp): boolean => keyOf(op).sk.startsWith('TASK#');
const isKey = (op: WriteOp): boolean => keyOf(op).pk.includes('#IDEM#');

/** The op without its conditions; a check is nothing else, so it goes. */
function bare(op: WriteOp): WriteOp[] {
  return op.kind === 'check' ? [] : [{ ...op, conditions: [] }];
}

/** The same ports, whose writes of this name are changed. */
function writing(deps: Deps, name: string, change: (ops: readonly WriteOp[], write: Write) => Promise<WriteResult>): Deps {
  const table = tableOf(deps);
  const write: Write = (ops) => table.write(ops);
  return { ...deps, table: { ...table, write: (ops) => (nameWrite(ops) === name ? change(ops, write) : write(ops)) } };
}

/** The methods of the table, which is a class. */
function tableOf({ table }: Deps): Table {
  return {
    get: (key) => table.get(key),
    getMany: (keys) => table.getMany(keys),
    query: (query) => table.query(query),
    write: (ops) => table.write(ops),
    putMany: (items) => table.putMany(items),
    probe: () => table.probe(),
  };
}

function forgetfulCompletion(deps: Deps): Deps {
  const losers = new Set<string>();
  return writing(deps, 'completion', async (ops, write) => {
    const own = ops[0] && `${keyOf(ops[0]).pk} ${keyOf(ops[0]).sk}`;
    const last = ops.findLastIndex((op, index) => index > 0 && isTask(op));
    const isForgetful = own !== undefined && losers.has(own) && last > 0;
    const result = await write(isForgetful ? ops.filter((_, index) => index !== last) : ops);
    if (own !== undefined && !result.ok) losers.add(own);
    return result;
  });
}

function answerBeforeCommit(deps: Deps, process: SimulatedProcess): Deps {
  return writing(deps, 'admission', (ops, write) => Promise.race([write(ops), process.sleep(1).then((): WriteResult => ({ ok: true }))]));
}

/** In lists every task reads as if it needed those that need it. */
function upsideDown(deps: Deps): Deps {
  const table = tableOf(deps);
  const changed = (item: Item): Item => ({ ...item, needs: item['dependents'] ?? [] });
  const query: Table['query'] = async (asked) => {
    const page = await table.query(asked);
    return { ...page, items: page.items.map((item) => (item.sk.startsWith('TASK#') ? changed(item) : item)) };
  };
  return { ...deps, table: { ...table, query } };
}

/** Tasks read as if they had been ready since ever, so nothing tells that the clock was put back since. */
function readySinceEver(deps: Deps): Deps {
  const table = tableOf(deps);
  const changed = (item: Item): Item =>
    item.sk.startsWith('TASK#') ? { ...item, readyAt: 0, notBefore: item['notBefore'] ?? item['readyAt'] ?? 0 } : item;
  const changedIfThere = (item: Item | undefined): Item | undefined => item && changed(item);
  return {
    ...deps,
    table: {
      ...table,
      get: async (key) => changedIfThere(await table.get(key)),
      getMany: async (keys) => (await table.getMany(keys)).map(changedIfThere),
      query: async (asked) => {
        const page = await table.query(asked);
        return { ...page, items: page.items.map(changed) };
      },
    },
  };
}

/** Whoever writes hears nothing any more once the home was told to stop. */
function deafAtTheEnd(deps: Deps): Deps {
  const table = tableOf(deps);
  const never = new Promise<WriteResult>(() => undefined);
  return { ...deps, table: { ...table, write: (ops) => (deps.queue.closing?.aborted ? never : table.write(ops)) } };
}

function withoutDeadline(deps: Deps): Deps {
  const { runner } = deps;
  const provision: Runner['provision'] = (spec) => runner.provision({ ...spec, limits: { ...spec.limits, timeoutMs: 24 * hourMs } });
  return { ...deps, runner: { level: () => runner.level(), provision } };
}

export const plants = {
  'seal-without-conditions': {
    what: 'two sealers both win, so slot and money are given back twice',
    process: (deps) => writing(deps, 'seal', (ops, write) => write(ops.flatMap(bare))),
  },
  'forgetful-completion': {
    what: 'a completion that lost a race forgets, when it tries again, one of the tasks that wait for it',
    process: forgetfulCompletion,
  },
  'impatient-sweep': {
    what: 'the sweep takes away what runs, for its clock is an hour ahead of all leases',
    sweep: (deps) => ({ ...deps, clock: { ...deps.clock, now: () => deps.clock.now() + hourMs } }),
  },
  'claim-without-conditions': {
    what: 'two dispatchers of one task both win',
    process: (deps) => writing(deps, 'claim', (ops, write) => write(ops.flatMap((op) => (isTask(op) ? bare(op) : [op])))),
  },
  'start-without-key': {
    what: 'of two starts with one key both win',
    process: (deps) => writing(deps, 'admission', (ops, write) => write(ops.flatMap((op) => (isKey(op) ? bare(op) : [op])))),
  },
  'answer-before-commit': {
    what: 'a start is answered before it is durable',
    process: answerBeforeCommit,
  },
  'append-without-conditions': {
    what: 'of two sequencers of the log both win',
    process: (deps) => writing(deps, 'append', (ops, write) => write(ops.flatMap(bare))),
  },
  'seal-past-the-log': {
    what: 'a receipt is filed and never logged',
    process: (deps) => writing(deps, 'seal', (ops, write) => write(ops.filter((op) => !keyOf(op).pk.startsWith('SYS#LOG')))),
  },
  'deaf-supervisor': {
    what: 'nobody wakes the supervision of a run whose tasks have ended',
    process: (deps) => ({ ...deps, phases: { ...portsOf(deps), finishRun: async () => undefined } }),
  },
  'undo-from-the-start': {
    what: 'what was done first is undone first, while all that needed it is still there',
    process: upsideDown,
  },
  'attempts-without-deadline': {
    what: 'every attempt may take a day, whenever its run has to end',
    process: withoutDeadline,
  },
  'waits-for-the-old-time': {
    what: 'a task that is ready waits, when the clock is put back, until it is that late again',
    process: readySinceEver,
  },
  'never-stops': {
    what: 'a home that was told to stop waits for an attempt whose end the store takes no more',
    process: deafAtTheEnd,
  },
  'text-never-kept': {
    what: 'decisions name the text that they have in common, which nobody stored',
    process: (deps) => ({ ...deps, table: { ...tableOf(deps), putMany: async () => undefined } }),
  },
} as const satisfies Record<string, Plant>;
export type PlantName = keyof typeof plants;

/** The methods of the phases, which may be those of a class. */
function portsOf({ phases }: Deps): Deps['phases'] {
  return {
    isFull: () => phases.isFull?.() ?? false,
    start: (input) => phases.start(input),
    finishRun: (input, end) => phases.finishRun(input, end),
  };
}
