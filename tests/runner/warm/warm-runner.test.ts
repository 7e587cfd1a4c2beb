/** What is true of warm sandboxes and of no cold one: each serves one attempt, and what was bound late holds. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { findProgram } from '../../../runner/sandbox/find-program.ts';
import { buildTaskSpec } from '../../support/build-task-spec.ts';
import { buildWarmRunner, type WarmTestRunner } from './build-warm-runner.ts';
import { runOnce } from '../../support/runner-harness.ts';

const levels = ['bubblewrap-seccomp', 'bubblewrap', 'node-permission'] as const;

/** Leaves something everywhere, after saying what it found there. */
const leaves = `
  import fs from 'node:fs';
  const list = (folder) => { try { return fs.readdirSync(folder); } catch { return []; } };
  export default async ({ inputs, scratch, workspace }) => {
    const found = { global: globalThis.left ?? null, environment: process.env.LEFT ?? null, title: process.title === 'left', scratch: list(scratch), workspace: list(workspace) };
    globalThis.left = process.env.LEFT = process.title = 'left';
    Object.prototype.left = 'left';
    fs.writeFileSync(scratch + '/left', inputs.secret);
    return { ...found, bornAt: performance.timeOrigin };
  };`;

/** The process that a runner started last, by what only its own program has on its command line. */
function waitingProcesses(folder: string): number[] {
  const [name = ''] = readdirSync(folder);
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(folder, name));
      } catch {
        return false; // It ended meanwhile.
      }
    })
    .map(Number);
}

/** One attempt that must end well whatever became of the spare. */
async function runsWell({ runner }: WarmTestRunner): Promise<void> {
  const { result } = await runOnce(runner, buildTaskSpec({ inputs: { value: 1 } }));
  expect(result).toMatchObject({ kind: 'succeeded', outputs: { value: 1 } });
}

describe.each(levels)('a warm sandbox (%s where it works)', (highestLevel) => {
  const built = buildWarmRunner({ highestLevel });
  const { runner, patient, folder, starts, waitFor, remove } = built;
  const spareFolder = async (): Promise<string> => {
    await waitFor(1);
    const [name = ''] = readdirSync(folder);
    return join(folder, name);
  };
  const coldStarts = async (change: (spare: string) => void): Promise<number> => {
    const before = starts().cold;
    change(await spareFolder());
    await runsWell(built);
    return starts().cold - before;
  };
  afterAll(remove);

  test('serves one attempt: the next finds nothing of it, in a process that was born anew', async () => {
    const spec = buildTaskSpec({ entry: leaves, inputs: { secret: 's3cret' }, files: [{ path: 'in.txt', bytes: Buffer.from('in') }] });
    const outcomes = [await runOnce(patient, spec), await runOnce(patient, spec)];
    const clean = { global: null, environment: null, title: false, scratch: [], workspace: ['in.txt'] };
    const outputs = outcomes.map(({ result }) => (result.kind === 'succeeded' ? result.outputs : {}));
    expect(outputs).toEqual([clean, clean].map((state) => ({ ...state, bornAt: expect.any(Number) })));
    expect(outputs[0]?.['bornAt']).not.toBe(outputs[1]?.['bornAt']);
    expect(starts()).toEqual({ cold: 0, warm: 2 });
  });

  test('is born before its attempt, and its deadline begins with it', async () => {
    const limits = { timeoutMs: 1_500 };
    const entry = `import { setTimeout as delay } from 'node:timers/promises';
      export default async ({ inputs }) => { await delay(inputs.ms); return { bornAt: performance.timeOrigin }; };`;
    await waitFor(1);
    await delay(1_600);
    const askedAt = performance.timeOrigin + performance.now();
    const before = starts().warm;
    const { result } = await runOnce(runner, buildTaskSpec({ entry, inputs: { ms: 300 }, limits }));
    expect(result).toMatchObject({ kind: 'succeeded' });
    expect(result.kind === 'succeeded' && Number(result.outputs['bornAt'])).toBeLessThan(askedAt - 1_000);
    expect(result.usage.wallMs).toBeLessThan(1_500);
    const late = await runOnce(patient, buildTaskSpec({ entry, inputs: { ms: 60_000 }, limits }));
    expect(late.result).toMatchObject({ kind: 'failed', failure: 'timeout' });
    expect(starts().warm - before).toBe(2);
  });

  test('that has died is not used, and its folder goes', async () => {
    const spare = await spareFolder();
    const pids = waitingProcesses(folder);
    expect(pids.length).toBeGreaterThan(0);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    while (existsSync(spare)) await delay(10);
    await runsWell(built);
  });

  test('that dies after it was handed out is replaced by a cold one before the attempt begins', async () => {
    await waitFor(1);
    const pids = waitingProcesses(folder);
    const before = starts();
    const sandbox = await runner.provision(buildTaskSpec({ inputs: { value: 2 } }));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await delay(300);
    expect(await sandbox.execute(new AbortController().signal)).toMatchObject({ kind: 'succeeded', outputs: { value: 2 } });
    await sandbox.release();
    expect(starts()).toEqual({ cold: before.cold + 1, warm: before.warm });
  });

  test('in whose folders something lies is not used', async () => {
    const planted = (place: string, content = 'export default async () => ({ stolen: true });') => {
      return (spare: string): void => writeFileSync(join(spare, place), content);
    };
    expect(await coldStarts(planted('package/index.mjs'))).toBe(1);
    expect(await coldStarts(planted('package/node.mjs'))).toBe(1);
    expect(await coldStarts(planted('workspace/in.txt'))).toBe(1);
    expect(await coldStarts(planted('egress/proxy.sock'))).toBe(1);
    expect(await coldStarts(planted('scratch/left'))).toBe(1);
    expect(await coldStarts(() => undefined)).toBe(0);
  });

  test('whose folder was put in the place of another, or is gone, is not used', async () => {
    const swap = (spare: string): void => {
      renameSync(join(spare, 'package'), join(spare, 'old'));
      mkdirSync(join(spare, 'package'));
    };
    expect(await coldStarts(swap)).toBe(1);
    expect(await coldStarts((spare) => renameSync(join(spare, 'workspace'), join(spare, 'old')))).toBe(1);
  });

  test('that nobody asks anything of is gone after its release', async () => {
    await waitFor(1);
    const sandbox = await runner.provision(buildTaskSpec());
    const pids = waitingProcesses(folder);
    await sandbox.release();
    await sandbox.release();
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))).toEqual([]);
  });

  test('has a way to the network when its attempt declares one, and the proxy says what became of it', async () => {
    const entry = `export default async () => { try { await fetch('http://other.example.com/'); } catch (error) { return { said: String(error.cause ?? error) }; } return {}; };`;
    await waitFor(1);
    const before = starts().warm;
    const sandbox = await runner.provision(buildTaskSpec({ entry, egress: [{ host: 'api.example.com', ports: [443] }] }));
    await sandbox.execute(new AbortController().signal);
    expect(await sandbox.collectEgress()).toMatchObject({
      blocked: 1,
      rows: [{ host: 'other.example.com', port: 80, verdict: 'blocked' }],
    });
    await sandbox.release();
    expect(starts().warm - before).toBe(1);
  });
});

(findProgram('bwrap') === undefined ? test.skip : test)(
  'a runner that is closed leaves no process and no folder, and still runs tasks',
  async () => {
    const built = buildWarmRunner({}, { size: 3, first: buildTaskSpec().limits });
    await runsWell(built);
    await runsWell(built);
    await built.waitFor(1);
    const pids = waitingProcesses(built.folder);
    // While the next one is being started.
    await built.runner.close();
    expect(await built.leftovers()).toEqual([]);
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    await runsWell(built);
    expect(await built.leftovers()).toEqual([]);
    await built.remove();
  },
);
