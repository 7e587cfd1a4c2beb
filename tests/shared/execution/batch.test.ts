/** Many starts in one call: real table, real packs, simulated tasks. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { McError } from '../../../shared/core/errors.ts';
import { linesAtOnce, startExecutions, type Batch, type LineResult } from '../../../shared/execution/admit/start-executions.ts';
import { uploadFile } from '../../../shared/execution/admit/input-files.ts';
import type { StartRequest } from '../../../shared/execution/execution.ts';
import { createWorkflow } from '../../../shared/manifest/create-workflow.ts';
import { listExecutions } from '../../../shared/execution/read/list-executions.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import type { PackVerdict, PolicyEngine } from '../../../shared/port/policy-engine.ts';
import type { WriteOp } from '../../../shared/port/table.ts';
import type { Actor } from '../../../shared/tenant/actor.ts';
import { getTenant } from '../../../shared/tenant/tenant-store.ts';
import { readUsage } from '../../../shared/tenant/usage.ts';
import { buildActor } from '../../support/build-deps.ts';
import { allowing } from '../../support/fake-policy.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';
import { publishDraft } from '../../support/publish-draft.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const manifest = `name: numbered
version: 1.0.0
inputs: { n: { type: integer, default: 0 } }
tasks:
  - { id: only, uses: 'pkg:demo/echo@1.0.0', with: { n: '\${{ inputs.n }}' } }
`;
const classes: ('small' | 'medium' | 'large')[] = ['small', 'medium', 'large'];

type Line = StartRequest & { idempotencyKey?: string };

let engine: Engine;
afterEach(() => engine.close());

async function open(options: Parameters<typeof openEngine>[0] = {}): Promise<void> {
  engine = await openEngine(options);
  await engine.publish(manifest);
}

const numbered = (n: number): Line => ({ workflow: 'numbered', inputs: { n } });
const lines = (count: number): Line[] => Array.from({ length: count }, (_, n) => numbered(n));

const asIs = (result: LineResult): LineResult => result;

function start(
  starts: readonly Line[],
  { deps = engine.home.deps, actor = engine.actor, ...more }: Partial<Batch> & { deps?: Deps; actor?: Actor } = {},
): Promise<LineResult[]> {
  return startExecutions(deps, actor, { ...more, lines: starts.map((line) => () => line) }, asIs);
}

function idsIn(results: readonly LineResult[]): (string | undefined)[] {
  return results.map((result) => (result.kind === 'started' ? result.execution.id : undefined));
}

const kindsIn = (results: readonly LineResult[]): string[] =>
  results.map((result) => {
    if (result.kind === 'failed') return result.error instanceof McError ? result.error.code : String(result.error);
    return result.kind === 'started' && result.replayed ? 'replayed' : result.kind;
  });

/** Deps whose table tells the most that was under way at once: writes of starts, the starts in them, and ops. */
function counting(deps: Deps): { deps: Deps; most: { writes: number; starts: number; ops: number }; inWrites: number[] } {
  const now = { writes: 0, starts: 0, ops: 0 };
  const most = { ...now };
  const inWrites: number[] = [];
  const { table: real } = deps;
  const count = (ops: readonly WriteOp[], sign: 1 | -1): void => {
    const starts = ops.filter((op) => op.kind === 'put' && op.item.sk === 'EXEC').length;
    if (starts > 0 && sign > 0) inWrites.push(starts);
    const change = { writes: starts > 0 ? sign : 0, starts: sign * starts, ops: sign * ops.length };
    for (const what of ['writes', 'starts', 'ops'] as const) most[what] = Math.max(most[what], (now[what] += change[what]));
  };
  const table = wrapTable(real, {
    write: async (ops, hint) => {
      count(ops, 1);
      try {
        return await real.write(ops, hint);
      } finally {
        count(ops, -1);
      }
    },
  });
  return { deps: { ...deps, table }, most, inWrites };
}

describe('a batch', () => {
  test('starts every line, answers in the order of the lines, and the runs end like any others', async () => {
    await open();
    const results = await start(lines(250));
    expect(new Set(kindsIn(results))).toEqual(new Set(['started']));
    const ids = idsIn(results);
    expect(new Set(ids).size).toBe(250);
    for (const n of [0, 99, 100, 249]) {
      const run = await engine.finish(ids[n] ?? '');
      expect(run.state).toBe('succeeded');
      expect(engine.attempts.find(({ executionId }) => executionId === run.id)?.inputs).toEqual({ n });
    }
  });

  test('looks at the lines of a slice while the one before is stored, and answers that before it looks at a third', async () => {
    await open();
    let seen = 0;
    function* reading(): Generator<() => Line> {
      for (const line of lines(400)) {
        seen++;
        yield () => line;
      }
    }
    const seenAtAnswer = await startExecutions(engine.home.deps, engine.actor, { lines: reading() }, (_result, index) => [index, seen]);
    const slice = linesAtOnce.local;
    expect([0, slice - 1, slice, 2 * slice, 399].map((at) => seenAtAnswer[at])).toEqual([
      [0, 2 * slice],
      [slice - 1, 2 * slice],
      [slice, 3 * slice],
      [2 * slice, 400],
      [399, 400],
    ]);
  });

  test('lets no line harm another: what cannot be read, does not exist, does not fit or is denied is that line’s own answer', async () => {
    await open({ region: 'EU' });
    const unreadable = (): never => {
      throw new McError('mc:request:invalid', 'no JSON');
    };
    const asked: (Line | (() => never))[] = [
      numbered(1),
      unreadable,
      { workflow: 'nothing-like-it' },
      { workflow: 'numbered', inputs: { n: 'many' } },
      { workflow: 'numbered', region: 'RU' },
      numbered(2),
    ];
    const read = asked.map((line) => (typeof line === 'function' ? line : () => line));
    const results = await startExecutions(engine.home.deps, engine.actor, { lines: read }, asIs);
    const wrong = ['mc:request:invalid', 'mc:workflow:not-found', 'mc:execution:inputs-invalid', 'denied'];
    expect(kindsIn(results)).toEqual(['started', ...wrong, 'started']);
    const { items } = await listExecutions(engine.home.deps, engine.actor, { limit: 100 });
    expect(items.map(({ id }) => id).toSorted()).toEqual([results[0], results[5]].flatMap((one) => idsIn(one ? [one] : [])).toSorted());
  });

  test('of ten against a cap of three starts exactly three', async () => {
    await open({ tenant: { quota: { maxConcurrent: 3, resourceClasses: classes } } });
    const held = Promise.withResolvers<void>();
    engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, until: held.promise }));
    const results = await start(lines(10));
    expect(kindsIn(results).toSorted()).toEqual([...Array<string>(7).fill('denied'), ...Array<string>(3).fill('started')]);
    const { deps, actor } = { deps: engine.home.deps, actor: engine.actor };
    expect(await readUsage(deps, await getTenant(deps, actor.tenant))).toMatchObject({ inUse: 3 });
    held.resolve();
    for (const id of idsIn(results)) if (id !== undefined) await engine.finish(id);
    expect(await readUsage(deps, await getTenant(deps, actor.tenant))).toMatchObject({ inUse: 0, reservedUsdMicros: 0 });
  });

  test('answers a defect of ours for its line, and starts the others', async () => {
    await open();
    const broken = new TypeError('a bug');
    const read = [() => numbered(1), () => Promise.reject(broken) as never, () => numbered(2)];
    const failing = [
      ...read.slice(0, 1),
      () => {
        throw broken;
      },
      ...read.slice(2),
    ];
    const results = await startExecutions(engine.home.deps, engine.actor, { lines: failing }, asIs);
    expect(results[1]).toEqual({ kind: 'failed', error: broken });
    expect([kindsIn(results)[0], kindsIn(results)[2]]).toEqual(['started', 'started']);
  });
});

describe('a batch that is sent again', () => {
  test('with its key starts nothing twice and answers the same runs; a line that changed is a conflict', async () => {
    await open();
    const first = await start(lines(120), { idempotencyKey: 'nightly' });
    const again = await start(lines(120), { idempotencyKey: 'nightly' });
    expect(idsIn(again)).toEqual(idsIn(first));
    expect(new Set(kindsIn(again))).toEqual(new Set(['replayed']));
    const changed = await start([numbered(0), numbered(77), numbered(2)], { idempotencyKey: 'nightly' });
    expect(kindsIn(changed)).toEqual(['replayed', 'mc:idempotency:conflict', 'replayed']);
    const other = await start([numbered(0)], { idempotencyKey: 'another' });
    expect(kindsIn(other)).toEqual(['started']);
  });

  test('starts equal lines as often as they are there, and a single start with the same key is another thing', async () => {
    await open();
    const results = await start([numbered(1), numbered(1)], { idempotencyKey: 'k' });
    expect(new Set(idsIn(results)).size).toBe(2);
    const { id } = await engine.start({ ...numbered(1), idempotencyKey: 'k' });
    expect(idsIn(results)).not.toContain(id);
  });

  test('goes by the key of a line where it has one, wherever the line stands and however it came', async () => {
    await open();
    const single = await engine.start({ ...numbered(5), idempotencyKey: 'own' });
    const results = await start([numbered(1), { ...numbered(5), idempotencyKey: 'own' }], { idempotencyKey: 'all' });
    expect(idsIn(results)[1]).toBe(single.id);
    expect(kindsIn(results)).toEqual(['started', 'replayed']);
    const twice = await start([6, 6, 7].map((n) => ({ ...numbered(n), idempotencyKey: 'new' })));
    expect(kindsIn(twice).toSorted()).toEqual(['mc:idempotency:conflict', 'replayed', 'started']);
  });

  test('after a crash in the middle starts what is missing, and nothing twice', async () => {
    const hits = { 'admit:after-blobs': 0, 'admit:after-write': 0 };
    let isDying = true;
    await open({
      faults: {
        hit: (point) => {
          if (!isDying || !(point === 'admit:after-blobs' || point === 'admit:after-write')) return;
          // 60 lines are answered, 40 are written without anybody hearing of it, and 50 never get that far.
          if (++hits[point] > (point === 'admit:after-blobs' ? 100 : 60)) throw new Error('power is gone');
        },
      },
    });
    const before = await start(lines(150), { idempotencyKey: 'nightly' });
    expect(kindsIn(before).filter((kind) => kind === 'started')).toHaveLength(60);
    isDying = false;
    const after = await start(lines(150), { idempotencyKey: 'nightly' });
    expect(new Set(idsIn(after)).size).toBe(150);
    idsIn(before).forEach((id, at) => id !== undefined && expect(idsIn(after)[at]).toBe(id));
    expect(kindsIn(after).filter((kind) => kind === 'replayed')).toHaveLength(100);
    expect(kindsIn(after).filter((kind) => kind === 'started')).toHaveLength(50);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listExecutions(engine.home.deps, engine.actor, { limit: 100, ...(cursor && { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor);
    expect(seen).toHaveLength(150);
  });
});

describe('limits of a batch', () => {
  test('a home that is full refuses it whole, and one that fills up refuses the lines that came too late', async () => {
    await open({ maxOpenRuns: 150 });
    const held = Promise.withResolvers<void>();
    engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, until: held.promise }));
    const kinds = kindsIn(await start(lines(300)));
    const begun = 2 * linesAtOnce.local; // Those under way together are not counted before they are there.
    expect(kinds.slice(0, begun)).toEqual(Array<string>(begun).fill('started'));
    expect(kinds.slice(begun)).toEqual(Array<string>(300 - begun).fill('mc:host:overloaded'));
    await expect(start(lines(1))).rejects.toMatchObject({ code: 'mc:host:overloaded' });
    held.resolve();
  });

  test('its owner is told that a home is full, and never that his quota is', async () => {
    engine = await openEngine({ maxOpenRuns: 150, hasOwnKeys: true });
    const { deps } = engine.home;
    const owner = buildActor(['admin'], deps.config.ownerTenant);
    const { workflow } = await createWorkflow(deps, owner, { text: manifest, mediaType: 'application/yaml' });
    await publishDraft(deps, owner, { id: workflow.id });
    const held = Promise.withResolvers<void>();
    engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, until: held.promise }));
    expect(new Set(kindsIn(await start(lines(300), { actor: owner })))).toEqual(new Set(['started', 'mc:host:overloaded']));
    held.resolve();
  });

  test('lines that are not begun in time are told so, and nothing of them is started', async () => {
    await open();
    const { deps } = engine.home;
    let asked = 0;
    // The first question sets the end, every further one is 12 s later: after two slices it is over.
    const clock = { ...deps.clock, elapsedMs: () => 12_000 * asked++ };
    const frozen = { ...deps, clock: { ...deps.clock, elapsedMs: () => 0 } };
    const metered = {
      ...frozen,
      get clock() {
        return clock;
      },
    };
    const kinds = kindsIn(await start(lines(3 * linesAtOnce.local), { deps: metered }));
    const begun = kinds.filter((kind) => kind === 'started').length;
    expect([begun % linesAtOnce.local, begun < 3 * linesAtOnce.local]).toEqual([0, true]);
    expect(new Set(kinds.slice(begun))).toEqual(new Set(['mc:host:overloaded']));
    expect((await listExecutions(deps, engine.actor, { limit: 100 })).items).toHaveLength(Math.min(begun, 100));
  });

  test('lines are written together, side by side where one machine has the table, and one after the other where transactions would collide', async () => {
    await open();
    const here = counting(engine.home.deps);
    expect(new Set(kindsIn(await start(lines(200), { deps: here.deps })))).toEqual(new Set(['started']));
    expect(here.most.starts).toBeGreaterThanOrEqual(linesAtOnce.local);
    expect(here.most.writes).toBeGreaterThan(2);
    expect(here.inWrites.reduce((sum, starts) => sum + starts)).toBe(200);
    expect(here.inWrites.length).toBeLessThan(10);
    const there = counting({ ...engine.home.deps, config: { ...engine.home.deps.config, cloud: 'aws' } });
    await start(lines(100), { deps: there.deps, idempotencyKey: 'nightly' });
    // What goes into a transaction; two slices are under way.
    expect(there.inWrites).toEqual([24, 24, 24, 24, 4]);
    expect(there.most.writes).toBe(2);
  });

  test('lines that may be large are written by themselves: with files, with reasons of their own, with decisions that have too much in common', async () => {
    await open();
    const { deps, actor } = { deps: engine.home.deps, actor: engine.actor };
    const inWritesOf = async (line: Line, policy: PolicyEngine = deps.policy): Promise<number[]> => {
      const counted = counting({ ...deps, policy });
      expect(new Set(kindsIn(await start([line, line, line], { deps: counted.deps })))).toEqual(new Set(['started']));
      return counted.inWrites;
    };
    await engine.publish(manifest.replace('numbered', 'filed').replace('inputs: {', 'inputs: { report: { type: file },'));
    const { digest, name } = await uploadFile(deps, actor, { name: 'a.txt', bytes: new TextEncoder().encode('hello') });
    const reason = { effect: 'warn', rule: 'test.odd', message: 'odd', got: 'this', allowed: 'that', solution: 'none' } as const;
    const many = Array.from({ length: 2_850 }, (_, at) => allowing(`pack-${at}`));
    const atStart = (verdicts: PackVerdict[]): PolicyEngine => ({
      evaluate: async (point) => (point === 'start' ? verdicts : [allowing('test')]),
    });
    expect(await inWritesOf(numbered(1))).toEqual([3]);
    expect(await inWritesOf({ workflow: 'filed', inputs: { report: { digest, name } } })).toEqual([1, 1, 1]);
    expect(await inWritesOf(numbered(1), atStart([{ ...allowing('test'), verdict: 'warn', entries: [reason] }]))).toEqual([1, 1, 1]);
    expect(await inWritesOf(numbered(1), atStart(many))).toEqual([1, 1, 1]);
  });

  test('lines of three tasks with keys leave room in the commit that they share, so that no line has to wait for another one', async () => {
    await open();
    const next = (n: number): string => `\n  - { id: next${n}, needs: [only], uses: 'pkg:demo/echo@1.0.0', with: { n: ${n} } }`;
    await engine.publish(`${manifest.replace('1.0.0', '1.0.1').trimEnd()}${next(1)}${next(2)}\n`);
    const held = Promise.withResolvers<void>();
    engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, until: held.promise }));
    const { deps, most } = counting(engine.home.deps);
    const results = await start(lines(400), { deps, idempotencyKey: 'nightly' });
    held.resolve();
    expect(new Set(kindsIn(results))).toEqual(new Set(['started']));
    const [opsOfStart, opsOfTenant, startsInWrite] = [4, 3, 24];
    const opsPerCommit = 2_000;
    // One slice is stored while the next is begun, and never a third.
    expect(most.ops).toBe(2 * (linesAtOnce.local * opsOfStart + Math.ceil(linesAtOnce.local / startsInWrite) * opsOfTenant));
    expect(most.ops).toBeLessThan(0.9 * opsPerCommit);
  });

  test('batches of a tenant begin their lines one after the other: what is under way at once does not grow with their number', async () => {
    await open();
    const held = Promise.withResolvers<void>();
    engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } }, until: held.promise }));
    const { deps, most } = counting(engine.home.deps);
    const ended: number[] = [];
    const batches = [0, 1, 2, 3].map(async (n) => start(lines(120), { deps }).then((results) => (ended.push(n), results)));
    for (const results of await Promise.all(batches)) expect(new Set(kindsIn(results))).toEqual(new Set(['started']));
    held.resolve();
    expect(ended).toEqual([0, 1, 2, 3]);
    expect(most.starts).toBe(240);
  });

  test('small batches of a tenant share commits: one begins its lines while those of others are stored', async () => {
    await open();
    const { deps, most } = counting(engine.home.deps);
    const batches = Array.from({ length: 20 }, () => start(lines(5), { deps }));
    for (const results of await Promise.all(batches)) expect(new Set(kindsIn(results))).toEqual(new Set(['started']));
    expect(most.starts).toBeGreaterThanOrEqual(100);
  });

  test('other work goes on between slices, also when nothing has to be written', async () => {
    await open();
    const same = Array.from({ length: 400 }, () => ({ ...numbered(1), idempotencyKey: 'one' }));
    await start(same.slice(0, 1));
    let turns = 0;
    let isOver = false;
    const spin = (): void => {
      turns += 1;
      if (!isOver) setImmediate(spin);
    };
    setImmediate(spin);
    expect(new Set(kindsIn(await start(same)))).toEqual(new Set(['replayed']));
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});
