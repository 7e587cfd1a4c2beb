/** The part of the runner contract about time, memory, sizes and logs. */
import { describe, expect, test } from '@jest/globals';
import { buildTaskSpec } from '../support/build-task-spec.ts';
import { runCancelled, runOnce, testUnless, type RunnerHarness } from '../support/runner-harness.ts';

const mebibyte = 1024 * 1024;
const spin = 'export default async () => { for (;;); };';
/** A task that spins ends only when it is killed; on a busy machine that takes a while. Far below the timeout of a task that is given none. */
const killedWithinMs = 15_000;

export function describeLimits(harness: RunnerHarness): void {
  describeStops(harness);
  describeLogs(harness);
}

function describeStops({ runner, skip, leftovers }: RunnerHarness): void {
  const check = testUnless(skip.code);
  const checkBuffers = testUnless(skip.code ?? skip.memoryOfBuffers);

  describe('limits', () => {
    check('a task that blocks its thread is killed at its deadline and may be tried again', async () => {
      const { result } = await runOnce(runner, buildTaskSpec({ entry: spin, limits: { timeoutMs: 500 } }));
      expect(result).toMatchObject({ kind: 'failed', failure: 'timeout', retryable: true });
      expect(result.usage.wallMs).toBeLessThan(killedWithinMs);
    });

    check('a task that ignores its signal is killed', async () => {
      const { result } = await runOnce(runner, buildTaskSpec({ entry: spin }), AbortSignal.timeout(300));
      expect(result).toMatchObject({ failure: 'cancelled' });
      expect(result.usage.wallMs).toBeLessThan(killedWithinMs);
    });

    check('a task may tidy up when it is cancelled', async () => {
      const entry = `export default async ({ signal, log }) => { await new Promise((done) => { const timer = setInterval(() => {}, 1000); signal.onabort = () => { clearInterval(timer); done(); }; log('waiting'); }); log('tidied up'); return {}; };`;
      const { result, logs } = await runCancelled(runner, buildTaskSpec({ entry }));
      expect(result).toMatchObject({ failure: 'cancelled' });
      expect(logs.map(({ text }) => text)).toEqual(expect.arrayContaining(['waiting', 'tidied up']));
    });

    check('releasing a running sandbox kills its task', async () => {
      const sandbox = await runner.provision(buildTaskSpec({ entry: spin }));
      const running = sandbox.execute(new AbortController().signal);
      await sandbox.release();
      expect(await running).toMatchObject({ failure: 'cancelled' });
      expect(await leftovers()).toEqual([]);
    });

    check('a task whose heap is full has failed for memory', async () => {
      const entry = 'export default async () => { const all = []; for (;;) all.push(new Array(1000).fill({ a: all.length })); };';
      expect((await runOnce(runner, buildTaskSpec({ entry }))).result).toMatchObject({ kind: 'failed', failure: 'memory' });
    });

    check('a task that leaves V8 no memory to tidy up with has failed for memory too', async () => {
      const entry = `export default async () => {
        const copy = (value, parents) => { if (typeof value === 'object') for (const [, item] of Object.entries(value)) copy(item, [...parents, value]); };
        for (let size = 2_000_000; ; size *= 2) copy({ all: new Array(size).fill(0) }, []);
      };`;
      expect((await runOnce(runner, buildTaskSpec({ entry }))).result).toMatchObject({ kind: 'failed', failure: 'memory' });
    });

    checkBuffers('memory outside of the heap is limited too', async () => {
      const entry = `export default async () => { const all = []; for (let i = 0; i < 40; i++) all.push(Buffer.alloc(${64 * mebibyte}, 1)); return { got: all.length }; };`;
      expect((await runOnce(runner, buildTaskSpec({ entry }))).result).toMatchObject({ kind: 'failed', failure: 'memory' });
    });

    check('outputs over the limit are refused, and not tried again', async () => {
      const entry = (bytes: number): string => `export default async () => ({ text: 'x'.repeat(${bytes}) });`;
      for (const bytes of [1_001, 20 * mebibyte]) {
        const { result } = await runOnce(runner, buildTaskSpec({ entry: entry(bytes), limits: { outputBytes: 1_000 } }));
        expect(result).toMatchObject({ failure: 'output-too-large', retryable: false });
      }
    });

    check('scratch is empty, writable and limited', async () => {
      const entry = `import { readdirSync, writeFileSync } from 'node:fs'; import { setTimeout as delay } from 'node:timers/promises';
        export default async ({ scratch, inputs }) => {
          const before = readdirSync(scratch);
          for (let i = 0; i < inputs.files; i++) writeFileSync(scratch + '/' + i, Buffer.alloc(${mebibyte}, 1));
          await delay(inputs.files * 40);
          return { before };
        };`;
      const fits = await runOnce(runner, buildTaskSpec({ entry, inputs: { files: 2 } }));
      expect(fits.result).toMatchObject({ kind: 'succeeded', outputs: { before: [] } });
      const flood = await runOnce(runner, buildTaskSpec({ entry, inputs: { files: 30 } }));
      expect(flood.result).toMatchObject({ kind: 'failed', failure: 'error' });
    });
  });
}

function describeLogs({ runner, skip }: RunnerHarness): void {
  const check = testUnless(skip.code);

  describe('logs', () => {
    check('lines keep their stream, their order, their time and their control characters', async () => {
      const entry = `export default async ({ log }) => { log('one'); log({ two: 2 }); process.stdout.write('th\\u001b[31mree\\r\\nfo'); process.stdout.write('ur'); console.error('five'); return {}; };`;
      const { logs } = await runOnce(runner, buildTaskSpec({ entry }));
      const stdout = logs.filter(({ stream }) => stream === 'stdout').map(({ text }) => text);
      expect(stdout).toEqual(['one', '{"two":2}', 'th\u001b[31mree\r', 'four']);
      expect(logs.filter(({ stream }) => stream === 'stderr').map(({ text }) => text)).toEqual(['five']);
      expect(logs.every(({ at }, index) => at >= (logs[index - 1]?.at ?? 0))).toBe(true);
    });

    check('a character that arrives in pieces stays whole', async () => {
      const entry = `import { writeSync } from 'node:fs'; import { setTimeout as delay } from 'node:timers/promises';
        export default async () => { for (const byte of Buffer.from('é€🎼')) { writeSync(1, Buffer.of(byte)); await delay(2); } return {}; };`;
      const { logs } = await runOnce(runner, buildTaskSpec({ entry }));
      expect(logs.map(({ text }) => text)).toEqual(['é€🎼']);
    });

    check('a flood is cut, counted and does not fail the task', async () => {
      const entry = `export default async () => { for (let i = 0; i < 5000; i++) console.log('x'.repeat(1000)); return { done: true }; };`;
      const { result, logs } = await runOnce(runner, buildTaskSpec({ entry, limits: { logBytes: 65_536 } }));
      const kept = logs.filter(({ stream }) => stream === 'stdout');
      expect(result).toMatchObject({ kind: 'succeeded', outputs: { done: true } });
      expect(kept.reduce((sum, { text }) => sum + text.length + 1, 0)).toBeLessThanOrEqual(65_536);
      const dropped = 5_000 * 1_001 - kept.length * 1_001;
      expect(logs.at(-1)).toMatchObject({ stream: 'system', text: expect.stringContaining(`dropped ${dropped} bytes`) });
    });

    check('a flood of empty lines or of one endless line is bounded too', async () => {
      for (const text of ["'\\n'.repeat(1e6)", "'y'.repeat(5e6)"]) {
        const entry = `export default async () => { process.stdout.write(${text}); return {}; };`;
        const { logs } = await runOnce(runner, buildTaskSpec({ entry, limits: { logBytes: 65_536 } }));
        expect(logs.length).toBeLessThan(3_000);
        expect(Math.max(...logs.map((line) => line.text.length))).toBeLessThanOrEqual(8 * 1024);
        expect(logs.at(-1)?.text).toContain('dropped');
      }
    });

    check('a line that is too long is split between two characters', async () => {
      const entry = `export default async () => { for (const end of ['\\n', '']) process.stdout.write('x'.repeat(8191) + '😀 and so on' + end); return {}; };`;
      const { logs } = await runOnce(runner, buildTaskSpec({ entry }));
      const [first, second] = ['x'.repeat(8_191), '😀 and so on'];
      expect(logs.map(({ text }) => text)).toEqual([first, second, first, second]);
    });

    check('a failed attempt says why in a system line', async () => {
      const { logs } = await runOnce(runner, buildTaskSpec({ entry: 'export default async () => process.exit(3);' }));
      expect(logs.at(-1)).toMatchObject({ stream: 'system', text: expect.stringContaining('crashed') });
    });

    test('the log of a sandbox that never ran is empty', async () => {
      const sandbox = await runner.provision(buildTaskSpec());
      expect(await sandbox.collectLogs()).toEqual([]);
      await sandbox.release();
    });
  });
}
