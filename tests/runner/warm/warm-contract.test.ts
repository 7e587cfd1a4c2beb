/** The whole contract of runners on sandboxes that were started before their attempt: nothing that a cold one promises may be missing in a warm one. */
import { readdir } from 'node:fs/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { describeRunner } from '../../contract/runner-contract.ts';
import { buildTaskSpec } from '../../support/build-task-spec.ts';
import { buildWarmRunner } from './build-warm-runner.ts';

for (const level of ['bubblewrap-seccomp', 'node-permission'] as const) {
  const { runner, patient, starts, folder, waitFor, remove } = buildWarmRunner({ highestLevel: level });
  const found = await runner.describe();
  afterAll(remove);
  if (found.level !== level) {
    describe(`runner contract: warm ${level}`, () => {
      test.skip(`the whole suite [skipped: ${found.refused[0] ?? 'not reached'}]`, () => undefined);
    });
    continue;
  }
  describeRunner(`warm ${level}`, {
    level,
    runner: patient,
    skip: {
      ...(found.networkBlocked ? {} : { network: 'no network namespace can be had here' }),
      ...(found.processesHidden ? {} : { signals: 'no process namespace can be had here' }),
      ...(found.tools.includes('prlimit') ? {} : { memoryOfBuffers: 'no prlimit on this machine' }),
    },
    // The spare that waits has a folder too, and nothing else may.
    leftovers: async () => {
      await waitFor(1);
      const [, ...others] = await readdir(folder);
      return others;
    },
  });

  describe(`starts of warm ${level}`, () => {
    test('were warm, but for limits that the spare of the moment could not be held to', async () => {
      const before = starts();
      const sandbox = await patient.provision(buildTaskSpec());
      await sandbox.execute(new AbortController().signal);
      await sandbox.release();
      expect(starts()).toEqual({ cold: before.cold, warm: before.warm + 1 });
      expect(before.warm).toBeGreaterThan(before.cold * 4);
    });
  });
}
