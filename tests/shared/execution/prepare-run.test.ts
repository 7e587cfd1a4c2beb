/** What equal starts share before policy is asked: real table, real packages, a clock that the test moves. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { prepareRun } from '../../../shared/execution/admit/prepare-run.ts';
import type { PreparedRun } from '../../../shared/execution/admit/admit-run.ts';
import type { StartRequest } from '../../../shared/execution/execution.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const manifest = (version: string): string => `name: numbered
version: ${version}
inputs: { n: { type: integer, default: 0 }, text: { type: string, default: '' } }
tasks:
  - { id: only, uses: 'pkg:demo/echo@1.0.0', with: { n: '\${{ inputs.n }}' } }
`;

let engine: Engine;
let deps: Deps;
let elapsedMs: number;

beforeEach(async () => {
  engine = await openEngine();
  await engine.publish(manifest('1.0.0'));
  elapsedMs = 1_000;
  deps = { ...engine.home.deps, clock: { ...engine.home.deps.clock, elapsedMs: () => elapsedMs } };
});
afterEach(() => engine.close());

const prepare = (request: Partial<StartRequest> = {}, by: Deps = deps): Promise<PreparedRun> =>
  prepareRun(by, engine.actor, { workflow: 'numbered', inputs: { n: 1 }, ...request });

describe('what a start needs', () => {
  test('is made once for equal starts within 50 ms, also for those at the same time', async () => {
    await prepare({ inputs: { n: 0 } }); // From here on the version is in memory.
    const [first, beside] = await Promise.all([prepare(), prepare({ workflow: 'numbered@1.0.0' })]);
    elapsedMs += 49;
    expect([beside === first, (await prepare()) === first]).toEqual([true, true]);
    elapsedMs += 1;
    const later = await prepare();
    expect(later).not.toBe(first);
    expect(later.inputs.digest).toBe(first.inputs.digest);
  });

  test('is never that of other inputs, another region or another home', async () => {
    const first = await prepare();
    const others = [await prepare({ inputs: { n: 2 } }), await prepare({ region: 'EU' }), await prepare({}, { ...deps })];
    expect(others.map((other) => other === first)).toEqual([false, false, false]);
    expect(others.map(({ inputs }) => inputs.digest === first.inputs.digest)).toEqual([false, true, true]);
    expect(others[1]?.plan.region).toBe('EU');
  });

  test('is that of the newest version as soon as there is one', async () => {
    await prepare();
    await engine.publish(manifest('1.1.0'));
    expect((await prepare()).plan.workflow.version).toBe('1.1.0');
  });

  test('is made anew for inputs so large that comparing them would cost as much', async () => {
    const large = { inputs: { n: 1, text: 'x'.repeat(2_000) } };
    expect(await prepare(large)).not.toBe(await prepare(large));
  });

  test('is not kept when it cannot be made', async () => {
    let asked = 0;
    const level = async (): ReturnType<Deps['runner']['level']> => {
      asked += 1;
      if (asked === 1) throw new Error('not yet');
      return 'simulated';
    };
    const late = { ...deps, runner: { ...deps.runner, level } };
    await expect(prepare({}, late)).rejects.toThrow('not yet');
    expect((await prepare({}, late)).plan.sandbox).toBe('simulated');
  });
});
