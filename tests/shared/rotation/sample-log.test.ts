import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { openStoredTree } from '../../../shared/log/stored-tree.ts';
import type { FaultPoint } from '../../../shared/port/faults.ts';
import { sampleLog } from '../../../shared/rotation/sample-log.ts';
import type { Engine } from '../../support/open-engine.ts';
import { openRotatingEngine, sealedRun } from './rotating-engine.ts';

/** The sequencer of the engine stands still between a batch and its filing until `goOn` is called. */
let goOn: () => void;
let isHeld = false;
let engine: Engine;
afterEach(async () => {
  goOn();
  await engine.close();
});

test('a statement whose entry has its index is looked at while the rest of its batch is still filed, and is not taken for one that is gone', async () => {
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const faults = { hit: (point: FaultPoint) => (isHeld && point === 'log:after-commit' ? held : undefined) };
  engine = await openRotatingEngine({ faults });
  const { deps } = engine.home;
  await sealedRun(engine); // Its receipt is in the log and filed.
  const { size: before } = await openStoredTree(deps);
  isHeld = true;
  const { id } = await engine.start({ workflow: 'one' });
  await engine.finish(id);
  while ((await openStoredTree(deps)).size === before) await delay(10);
  const checks = await sampleLog(deps);
  expect(checks).toMatchObject({ notKept: 0, sampled: checks.logSize });
  expect(checks.logSize).toBeGreaterThan(before);
}, 30_000);
