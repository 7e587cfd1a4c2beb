/**
 * What every runner driver promises, whatever it is made of. A driver that runs no code takes the first part only; what a machine cannot
 * do (no network namespaces) is skipped with its reason.
 */
import { describe, expect, test } from '@jest/globals';
import type { TaskResult } from '../../shared/port/runner.ts';
import { buildTaskSpec } from '../support/build-task-spec.ts';
import { neverAborted, runOnce, testUnless, type RunnerHarness } from '../support/runner-harness.ts';
import { describeIsolation } from './runner-isolation-contract.ts';
import { describeLimits } from './runner-limits-contract.ts';

/** Waits for `inputs.ms`, or for the signal. */
const waiting = `import { setTimeout as delay } from 'node:timers/promises';
export default async ({ inputs, signal }) => { await delay(inputs.ms, undefined, { signal }); return inputs; };`;

/** Runs the whole suite on one driver. */
export function describeRunner(name: string, harness: RunnerHarness): void {
  describe(`runner contract: ${name}`, () => {
    describeLife(harness);
    describeResults(harness);
    describeAnswers(harness);
    describeLimits(harness);
    describeIsolation(harness);
  });
}

function describeLife({ runner, level, leftovers }: RunnerHarness): void {
  describe('life of a sandbox', () => {
    test('a sandbox has the level that the runner names', async () => {
      const sandbox = await runner.provision(buildTaskSpec());
      expect([await runner.level(), sandbox.level]).toEqual([level, level]);
      await sandbox.release();
    });

    test('outputs come back as the module made them', async () => {
      const inputs = { text: 'Grüße\u0000\n\u001b[31m 🎼', list: [1, -0.5, null, { deep: [true] }], '': 'empty name' };
      const { result } = await runOnce(runner, buildTaskSpec({ inputs }));
      expect(result).toMatchObject({ kind: 'succeeded', outputs: inputs });
      expect(result.usage.wallMs).toBeGreaterThanOrEqual(0);
    });

    test('a cancelled task ends soon, is called cancelled and is not tried again', async () => {
      const spec = buildTaskSpec({ entry: waiting, inputs: { ms: 60_000 } });
      const { result } = await runOnce(runner, spec, AbortSignal.timeout(300));
      expect(result).toMatchObject({ kind: 'failed', failure: 'cancelled', retryable: false });
      expect(result.usage.wallMs).toBeLessThan(10_000);
    });

    test('a task cancelled before it starts does not start', async () => {
      const { result } = await runOnce(runner, buildTaskSpec(), AbortSignal.abort());
      expect(result).toMatchObject({ kind: 'failed', failure: 'cancelled' });
    });

    test('a sandbox serves one attempt only', async () => {
      const sandbox = await runner.provision(buildTaskSpec());
      await sandbox.execute(neverAborted);
      await expect(async () => sandbox.execute(neverAborted)).rejects.toThrow('second attempt');
      await sandbox.release();
    });

    test('releasing is safe before, after and twice, and leaves nothing behind', async () => {
      const unused = await runner.provision(buildTaskSpec({ files: [{ path: 'a/b', bytes: new Uint8Array(10) }] }));
      await unused.release();
      await unused.release();
      await runOnce(runner, buildTaskSpec());
      expect(await leftovers()).toEqual([]);
    });

    test('attempts that run at once keep their inputs apart', async () => {
      const outcomes = await Promise.all([1, 2, 3, 4].map((value) => runOnce(runner, buildTaskSpec({ inputs: { value } }))));
      expect(outcomes.map(({ result }) => result.kind === 'succeeded' && result.outputs)).toEqual([1, 2, 3, 4].map((value) => ({ value })));
    });
  });
}

const badOutputs: readonly [string, string][] = [
  ['no object', '42'],
  ['a list at the top', '[1]'],
  ['nothing', 'undefined'],
  ['a function', '({ a: { b: () => 1 } })'],
  ['a missing value', '({ a: undefined })'],
  ['a number JSON cannot carry', '({ a: NaN })'],
  ['a big integer', '({ a: 1n })'],
  ['an instance of a class', '({ a: new Map() })'],
  ['a cycle', '(() => { const a = {}; a.a = a; return a; })()'],
  ['a value nested too deep', '(() => { let a = {}; for (let i = 0; i < 100; i++) a = { a }; return a; })()'],
  ['half of a surrogate pair', '({ a: "\\ud800" })'],
];

function describeResults({ runner, skip }: RunnerHarness): void {
  const check = testUnless(skip.code);
  const fail = async (entry: string): Promise<TaskResult> => (await runOnce(runner, buildTaskSpec({ entry }))).result;

  describe('results', () => {
    check('the module gets attempt, idempotency key and its files', async () => {
      const entry = `import { readFileSync } from 'node:fs';
        export default async ({ workspace, attempt, idempotencyKey }) => ({ attempt, idempotencyKey, text: readFileSync(workspace + '/lock/file.txt', 'utf8') });`;
      const files = [{ path: 'lock/file.txt', bytes: new TextEncoder().encode('content') }];
      const attempts = [1, 2].map((attempt) => runOnce(runner, buildTaskSpec({ entry, files, attempt, idempotencyKey: 'exec/task' })));
      const outputs = (await Promise.all(attempts)).map(({ result }) => result.kind === 'succeeded' && result.outputs);
      expect(outputs).toEqual([1, 2].map((attempt) => ({ attempt, idempotencyKey: 'exec/task', text: 'content' })));
    });

    check('a thrown error fails the attempt with its message and may be tried again', async () => {
      expect(await fail(`export default async () => { throw new Error('broken pipe'); };`)).toMatchObject({
        failure: 'error',
        message: 'broken pipe',
        retryable: true,
      });
    });

    check('an error that says so is not tried again', async () => {
      const entry = `export default async () => { throw Object.assign(new Error('wrong input'), { retryable: false }); };`;
      expect(await fail(entry)).toMatchObject({ failure: 'error', message: 'wrong input', retryable: false });
    });

    check('an error outside of the promise fails the attempt', async () => {
      const entry = `export default () => new Promise(() => setTimeout(() => { throw new Error('too late'); }, 10));`;
      expect(await fail(entry)).toMatchObject({ failure: 'error', message: 'too late' });
    });

    check('a promise that can never settle fails the attempt at once', async () => {
      expect(await fail('export default () => new Promise(() => {});')).toMatchObject({
        failure: 'error',
        message: expect.stringContaining('never settled'),
      });
    });

    check('a module that cannot be loaded fails the attempt for good', async () => {
      expect(await fail('export default (')).toMatchObject({ failure: 'error', retryable: false });
      expect(await fail('export const run = 1;')).toMatchObject({
        failure: 'error',
        retryable: false,
        message: expect.stringContaining('default export'),
      });
    });

    check('a long message is cut between two characters', async () => {
      expect(await fail(`export default async () => { throw new Error('x'.repeat(1999) + '😀 and so on'); };`)).toMatchObject({
        failure: 'error',
        message: 'x'.repeat(1_999),
      });
    });

    check('a process that ends without an answer has crashed', async () => {
      expect(await fail('export default async () => process.exit(3);')).toMatchObject({
        failure: 'crashed',
        retryable: true,
        message: expect.stringContaining('3'),
      });
      expect(await fail('export default async () => process.abort();')).toMatchObject({ failure: 'crashed', retryable: true });
    });
  });
}

function describeAnswers({ runner, skip }: RunnerHarness): void {
  const check = testUnless(skip.code);
  const fail = async (entry: string): Promise<TaskResult> => (await runOnce(runner, buildTaskSpec({ entry }))).result;

  describe('answers', () => {
    for (const [what, expression] of badOutputs) {
      check(`${what} is no output`, async () => {
        expect(await fail(`export default async () => ${expression};`)).toMatchObject({ failure: 'invalid-output', retryable: false });
      });
    }

    check('what is wrong with the outputs is told with its place, however long that is', async () => {
      const told = async (expression: string): Promise<unknown> => fail(`export default async () => ${expression};`);
      expect(await told('({ a: [{ b: 1 }], c: { "d/e": undefined } })')).toMatchObject({
        message: 'the output at /c/d~1e is undefined; allowed is plain JSON',
      });
      expect(await told('({ ["k".repeat(100_000)]: undefined })')).toMatchObject({
        message: `the output at /${'k'.repeat(199)}… is undefined; allowed is plain JSON`,
      });
    });

    check('a value that stands in two places is no cycle', async () => {
      const entry = 'export default async () => { const one = { a: 1 }; return { b: one, c: [one, one] }; };';
      expect(await fail(entry)).toMatchObject({ kind: 'succeeded', outputs: { b: { a: 1 }, c: [{ a: 1 }, { a: 1 }] } });
    });

    check('a list of two million items is an output like any other', async () => {
      const entry = 'export default async () => ({ list: new Array(2_000_000).fill(0) });';
      const { result } = await runOnce(runner, buildTaskSpec({ entry, limits: { outputBytes: 4 * 1024 * 1024 } }));
      expect(result.kind === 'succeeded' ? result.outputs['list'] : result).toHaveLength(2_000_000);
    });

    check('nothing printed on stdout or stderr is taken for a result', async () => {
      const forged = JSON.stringify({ kind: 'succeeded', outputs: { forged: true }, usage: { cpuMs: 1, maxRssBytes: 1 } });
      const entry = `export default async () => { console.log('{"ready":true}'); console.log(${JSON.stringify(forged)}); console.error(${JSON.stringify(forged)}); return { real: true }; };`;
      expect(await fail(entry)).toMatchObject({ kind: 'succeeded', outputs: { real: true } });
    });

    check('half a character in a message is mended, whoever wrote the answer', async () => {
      const forged = JSON.stringify({
        kind: 'failed',
        failure: 'error',
        message: 'half',
        retryable: false,
        usage: { cpuMs: 1, maxRssBytes: 1 },
      });
      const entry = `import { writeSync } from 'node:fs'; export default async () => { writeSync(4, ${JSON.stringify(`${forged}\n`)}.replace('half', 'half \\\\ud83d')); process.exit(0); };`;
      expect(await fail(entry)).toMatchObject({ failure: 'error', message: 'half \ufffd' });
      expect(await fail("export default async () => { throw new Error('half \\ud83d'); };")).toMatchObject({ message: 'half \ufffd' });
    });

    check('noise where the answer belongs is refused', async () => {
      const entry = `import { writeSync } from 'node:fs'; export default async () => { writeSync(4, 'noise\\n'); return {}; };`;
      expect(await fail(entry)).toMatchObject({ failure: 'invalid-output', retryable: false });
    });
  });
}
