import { afterAll, describe, test } from '@jest/globals';
import { describeRunner } from '../contract/runner-contract.ts';
import { buildSandboxRunner } from '../support/build-sandbox-runner.ts';

const { runner, leftovers, remove } = buildSandboxRunner({ highestLevel: 'bubblewrap' });
const found = await runner.describe();
afterAll(remove);

if (found.level === 'bubblewrap') {
  const skip = found.tools.includes('prlimit') ? {} : { memoryOfBuffers: 'no prlimit on this machine' };
  describeRunner('bubblewrap', { level: 'bubblewrap', runner, skip, leftovers });
} else {
  describe('runner contract: bubblewrap', () => {
    test.skip(`the whole suite [skipped: bubblewrap is not installed or namespaces are forbidden here: ${found.refused[0] ?? 'no bwrap'}]`, () =>
      undefined);
  });
}
