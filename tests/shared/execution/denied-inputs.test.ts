/** Large inputs are blobs, and a blob belongs to a run: a start that begins none must leave none behind, for no purge would ever find it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { canonicalJson } from '../../../shared/core/json/canonical-json.ts';
import { startExecution, type StartResult } from '../../../shared/execution/admit/start-execution.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const manifest = `name: wordy
version: 1.0.0
inputs: { word: { type: string } }
tasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0' }]
`;
const inputs = { word: 'x'.repeat(9_000) };

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
  await engine.publish(manifest);
}, 60_000);
afterEach(() => engine.close());

const start = (roles: Engine['actor']['roles']): Promise<StartResult> =>
  startExecution(engine.home.deps, { ...engine.actor, roles }, { workflow: 'wordy', inputs });
const isStored = async (): Promise<boolean> =>
  (await engine.home.deps.blobs.find(engine.actor.tenant, 'data', digestBytes(canonicalJson(inputs)))) !== undefined;

test('large inputs are stored with the run that is allowed, and not for a start that policy denies', async () => {
  expect((await start(['viewer'])).kind).toBe('denied');
  expect(await isStored()).toBe(false);
  expect((await start(engine.actor.roles)).kind).toBe('started');
  expect(await isStored()).toBe(true);
});
