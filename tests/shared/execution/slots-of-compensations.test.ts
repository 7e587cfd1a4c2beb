import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { failing, openEngine, type Engine } from '../../support/open-engine.ts';

const width = 2;
const runs = 5;
const undoMs = 20;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ width });
}, 60_000);
afterAll(async () => engine.close());

test('many runs that are undone at once have no more attempts at a time than the home is wide, and each is undone', async () => {
  await engine.publish(`name: undone
version: 1.0.0
tasks:
  - { id: made, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: also, uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } }
  - { id: bad, uses: 'pkg:demo/fail@1.0.0', needs: [made, also] }
`);
  let atOnce = 0;
  let most = 0;
  engine.simulate((spec) => {
    if (spec.taskId === 'bad') return failing('no', false);
    atOnce += 1;
    most = Math.max(most, atOnce);
    return { ...simulateEcho(spec), until: delay(undoMs).then(() => void (atOnce -= 1)) };
  });
  const started = await Promise.all(Array.from({ length: runs }, async () => engine.start({ workflow: 'undone' })));
  for (const { id } of started) {
    const { state, tasks } = await engine.finish(id);
    // By id: also, bad, made.
    expect([state, tasks.map(({ compensation }) => compensation)]).toEqual(['failed', ['done', 'none', 'done']]);
  }
  expect(most).toBe(width);
  expect(engine.attempts.filter(({ idempotencyKey }) => idempotencyKey.endsWith('/compensation'))).toHaveLength(2 * runs);
});
