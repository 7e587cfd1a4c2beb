import { afterAll, describe, test } from '@jest/globals';
import { describeRunner } from '../contract/runner-contract.ts';
import { buildSandboxRunner } from '../support/build-sandbox-runner.ts';

const { runner, leftovers, remove } = buildSandboxRunner();
const found = await runner.describe();
afterAll(remove);

if (found.level === 'bubblewrap-seccomp') {
  describeRunner('bubblewrap-seccomp', { level: 'bubblewrap-seccomp', runner, skip: {}, leftovers });
} else {
  describe('runner contract: bubblewrap-seccomp', () => {
    test.skip(`the whole suite [skipped: ${found.refused[0] ?? 'not reached'}]`, () => undefined);
  });
}
