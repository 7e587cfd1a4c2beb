/**
 * Runs the workflow of the bench the way the AWS home does (a message, a function and a phase each) on ports that count. Units are DynamoDB's: an item is
 * rounded up to 1 KB written and 4 KB read, a transaction counts twice, an index is written with the whole item it projects (twice when its key goes, never in a transaction).
 */
import { operation } from '../../../functions/http/executions/start-execution.ts';
import { handleRequest } from '../../../functions/middleware/handle-request.ts';
import { RunUse, type PartitionUse, type PartUse } from '../../../scripts/scaling/run-use.ts';
import { Execution } from '../../../shared/execution/execution.ts';
import { dispatchTask } from '../../../shared/execution/dispatch/dispatch-task.ts';
import { awaitRun } from '../../../shared/execution/phases/await-run.ts';
import { dispatchRun } from '../../../shared/execution/phases/dispatch-run.ts';
import { recordRun } from '../../../shared/execution/phases/record-run.ts';
import { sealRun } from '../../../shared/execution/phases/seal-run.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { Field, Item, Key, Page, Query, Table, WriteOp, WriteResult } from '../../../shared/port/table.ts';
import type { TaskMessage } from '../../../shared/port/task-queue.ts';
import { buildActor } from '../../support/build-deps.ts';
import { buildRawRequest } from '../../support/build-raw-request.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { openEngine } from '../../support/open-engine.ts';

const workflow = `name: bench
version: 1.0.0
tasks:
  - { id: first, uses: 'pkg:demo/echo@1.0.0', with: { message: hello } }
  - { id: second, uses: 'pkg:demo/echo@1.0.0', needs: [first], with: { message: '\${{ tasks.first.outputs.message }}' } }
  - { id: third, uses: 'pkg:demo/echo@1.0.0', needs: [second], with: { message: done } }
`;

/** What a process has read of a tenant is used again for 50 ms; functions of a Lambda seldom follow each other so closely. */
const forgetMs = 80;

const emptyStage = (): PartUse => ({
  ...{ partitions: [], transactions: 0, blobPuts: 0, blobGets: 0, queueCalls: 0, messages: 0 },
  ...{ signatures: 0, supervisionStarts: 0, wakeUps: 0 },
});

/** Bytes of an item, reckoned as DynamoDB does: names, and values without any marks around them. */
const sizeOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

/** A number takes a byte for two digits and one more; a list or map three, and one for each member. */
function valueBytes(value: Field | undefined): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(Math.abs(value)).length / 2) + 1;
  if (typeof value !== 'object' || value === null) return 1;
  const members = Object.entries(value).map(
    ([name, member]) => 1 + (Array.isArray(value) ? 0 : Buffer.byteLength(name)) + valueBytes(member),
  );
  return members.reduce((sum, bytes) => sum + bytes, 3);
}

const writeUnits = (bytes: number): number => Math.ceil(bytes / 1_024);
const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 4_096));

/** Keys with what differs from run to run taken out. */
function patternOf(pk: string): string {
  return pk
    .replace(/^T#acme\b/, 'T#<tenant>')
    .replace(/exec_[0-9A-Z]{26}/, '<run>')
    .replace(/\d{4}-\d{2}-\d{2}/, '<day>')
    .replace(/[0-9a-f]{64}/, '<digest>');
}

class CountingTable implements Table {
  readonly #table: Table;
  readonly #stage: () => PartUse;

  constructor(table: Table, stage: () => PartUse) {
    this.#table = table;
    this.#stage = stage;
  }

  #use(pk: string): PartitionUse {
    const { partitions } = this.#stage();
    // What waits for the log, and the list of open runs, are spread over shards; which one a run meets is chance.
    const partition = pk.replace(/^(SYS#LOG#PENDING#|gsi2 SYS#OPEN#).*/, '$1<shard>');
    const known = partitions.find((use) => use.partition === partition);
    if (known) return known;
    const use = { partition, writes: 0, writeUnits: 0, reads: 0, readUnits: 0 };
    partitions.push(use);
    return use;
  }

  #read(partition: string, bytes: number): void {
    const use = this.#use(partition);
    use.reads += 1;
    use.readUnits += readUnits(bytes);
  }

  #write(partition: string, units: number): void {
    const use = this.#use(partition);
    use.writes += 1;
    use.writeUnits += units;
  }

  async get(key: Key): Promise<Item | undefined> {
    const item = await this.#table.get(key);
    this.#read(patternOf(key.pk), item ? sizeOf(item) : 0);
    return item;
  }

  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    const items = await this.#table.getMany(keys);
    keys.forEach((key, index) => this.#read(patternOf(key.pk), items[index] ? sizeOf(items[index]) : 0));
    return items;
  }

  async query(query: Query): Promise<Page> {
    const page = await this.#table.query(query);
    const bytes = page.items.reduce((sum, item) => sum + sizeOf(item), 0);
    this.#read(`${query.index ? `${query.index} ` : ''}${patternOf(query.pk)}`, bytes);
    return page;
  }

  async write(ops: readonly WriteOp[]): Promise<WriteResult> {
    const keys = ops.map((op) => (op.kind === 'put' ? op.item : op.key)).map(({ pk, sk }) => ({ pk, sk }));
    const before = await this.#table.getMany(keys);
    const result = await this.#table.write(ops);
    const after = await this.#table.getMany(keys);
    this.#stage().transactions += 1;
    ops.forEach((op, index) => this.#count(op, before[index], after[index]));
    return result;
  }

  #count(op: WriteOp, before: Item | undefined, after: Item | undefined): void {
    const { pk } = op.kind === 'put' ? op.item : op.key;
    const bytes = Math.max(before ? sizeOf(before) : 0, after ? sizeOf(after) : 0, 1);
    this.#write(patternOf(pk), 2 * writeUnits(bytes));
    if (op.kind === 'check') return;
    for (const index of ['gsi1', 'gsi2'] as const) {
      const held = before?.[`${index}pk`];
      const holds = after?.[`${index}pk`];
      const partition = held ?? holds;
      if (partition !== undefined) this.#write(`${index} ${patternOf(partition)}`, writeUnits(bytes));
    }
  }

  async putMany(items: readonly Item[]): Promise<void> {
    for (const item of items) this.#write(patternOf(item.pk), writeUnits(sizeOf(item)));
    return this.#table.putMany(items);
  }

  probe(): Promise<void> {
    return this.#table.probe();
  }
}

/** Deps that count into the stage, and keep messages instead of delivering them. */
function countingDeps(deps: Deps, clock: FakeClock, stage: () => PartUse, sent: TaskMessage[]): Deps {
  const add = (name: Exclude<keyof PartUse, 'partitions'>, count = 1): void => void (stage()[name] += count);
  return {
    ...deps,
    clock,
    table: new CountingTable(deps.table, stage),
    blobs: {
      put: (...args) => (add('blobPuts'), deps.blobs.put(...args)),
      find: (...args) => (add('blobGets'), deps.blobs.find(...args)),
      remove: (...args) => deps.blobs.remove(...args),
    },
    signer: {
      publicKey: () => deps.signer.publicKey(),
      sign: (message) => (add('signatures'), deps.signer.sign(message)),
    },
    queue: {
      send: async (messages) => {
        if (messages.length === 0) return;
        add('queueCalls', Math.ceil(messages.length / 10));
        add('messages', messages.length);
        sent.push(...messages);
      },
    },
    phases: { start: async () => add('supervisionStarts'), finishRun: async () => add('wakeUps') },
  };
}

/** One start by HTTP, its three tasks and its phases. */
async function runOnce(
  { deps, clock, sent }: { deps: Deps; clock: FakeClock; sent: TaskMessage[] },
  enter: (stage: keyof RunUse) => void,
): Promise<void> {
  const runNext = async (): Promise<void> => {
    const message = sent.shift();
    if (!message) throw new Error('no task is ready');
    clock.advance(forgetMs);
    await dispatchTask(deps, message);
  };
  clock.advance(forgetMs);
  enter('admission');
  const response = await handleRequest(
    operation,
    deps,
    buildRawRequest({ body: { workflow: 'bench' }, headers: { 'idempotency-key': `k-${Math.random()}` } }),
  );
  const { id: executionId } = Execution.parse(JSON.parse(response.body as string));
  const input = { tenant: buildActor().tenant, executionId };
  enter('tasks');
  await runNext();
  enter('supervision');
  await dispatchRun(deps, input);
  await awaitRun(deps, input, 'a'.repeat(600));
  enter('tasks');
  await runNext();
  await runNext();
  enter('supervision');
  clock.advance(forgetMs);
  await sealRun(deps, input);
  await recordRun(deps, input);
}

/** What the second of two runs takes: whatever a process keeps (manifest, packages, packs) is warm, as it is for all but the first runs of a container. */
export async function countRun(): Promise<RunUse> {
  const engine = await openEngine();
  try {
    await engine.publish(workflow);
    const sent: TaskMessage[] = [];
    let run: RunUse = { admission: emptyStage(), tasks: emptyStage(), supervision: emptyStage() };
    let stage: keyof RunUse = 'admission';
    // A clock that stands, however busy the machine is: what a process keeps for a while is counted the same every time.
    const clock = new FakeClock(Date.now());
    const deps = countingDeps(engine.home.deps, clock, () => run[stage], sent);
    const enter = (next: keyof RunUse): void => void (stage = next);
    await runOnce({ deps, clock, sent }, enter);
    run = { admission: emptyStage(), tasks: emptyStage(), supervision: emptyStage() };
    await runOnce({ deps, clock, sent }, enter);
    for (const { partitions } of Object.values(run)) partitions.sort((a, b) => a.partition.localeCompare(b.partition));
    return RunUse.parse(run);
  } finally {
    await engine.close();
  }
}
