/** What a home does at its opening with the runs of the process before it, when the store does not take everything at once. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { McError } from '../../../shared/core/errors.ts';
import { resumeRuns } from '../../../shared/execution/dispatch/resume-runs.ts';
import type { Execution } from '../../../shared/execution/execution.ts';
import { getExecution } from '../../../shared/execution/read/get-execution.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const manifest = `name: interrupted
version: 1.0.0
tasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0' }]
`;

let engine: Engine;
let letGo: () => void;
beforeEach(async () => {
  engine = await openEngine();
  await engine.publish(manifest);
  const held = new Promise<void>((resolve) => (letGo = resolve));
  // As if the dispatchers of the first attempts were dead: they come back when the test is over.
  engine.simulate((spec) => ({
    result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 0 } },
    ...(spec.attempt === 1 && { until: held }),
  }));
}, 60_000);
afterEach(async () => {
  letGo();
  await engine.close();
});

/** A run whose first attempt is under way, with a lease of minutes. */
async function startInterrupted(): Promise<Execution> {
  const started = await engine.start({ workflow: 'interrupted' });
  while (engine.attempts.length === 0) await delay(5);
  return started;
}

const failuresOf = ({ tasks }: Execution): (string | null)[] => tasks.flatMap(({ attempts }) => attempts.map(({ failure }) => failure));
const full = (): McError => new McError('mc:store:full', 'the disk of the data folder is full; nothing was written');

test('an attempt of the process before is lost when the store takes that, however long its lease is, and what this process begins is not', async () => {
  const { id } = await startInterrupted();
  const { deps } = engine.home;
  let refusals = 1;
  const table = wrapTable(deps.table, {
    write: async (ops, hint) => {
      if (refusals-- > 0) throw full();
      return deps.table.write(ops, hint);
    },
  });
  const resumed: string[] = [];
  const again = await resumeRuns({ ...deps, table }, async ({ executionId }) => void resumed.push(executionId));
  expect(resumed).toEqual([]);
  expect((await getExecution(deps, engine.actor, id)).state).toBe('running');
  await again();
  expect(resumed).toEqual([id]);
  const execution = await engine.finish(id);
  expect([execution.state, failuresOf(execution)]).toEqual(['succeeded', ['lost', null]]);
  await again();
  expect(resumed).toEqual([id]);
});

test('a second try leaves alone what this process has begun since the first', async () => {
  const { id } = await startInterrupted();
  const { deps } = engine.home;
  engine.simulate((spec) => ({
    result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 0 } },
    until: new Promise((resolve) => setTimeout(resolve, 300)),
  }));
  let tries = 0;
  const again = await resumeRuns(deps, async () => {
    if (++tries === 1) throw full();
  });
  while (engine.attempts.length < 2) await delay(5);
  await again();
  expect(tries).toBe(2);
  expect(failuresOf(await engine.finish(id))).toEqual(['lost', null]);
});

test('a home that cannot read its open runs does not open', async () => {
  await startInterrupted();
  const { deps } = engine.home;
  const away: Deps['table'] = wrapTable(deps.table, { get: () => Promise.reject(new McError('mc:store:unavailable', 'no answer')) });
  await expect(resumeRuns({ ...deps, table: away }, () => Promise.resolve())).rejects.toMatchObject({ code: 'mc:store:unavailable' });
});
