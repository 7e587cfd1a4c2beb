import { afterAll } from '@jest/globals';
import { describeRunner } from '../contract/runner-contract.ts';
import { buildSandboxRunner } from '../support/build-sandbox-runner.ts';

const { runner, leftovers, remove } = buildSandboxRunner({ highestLevel: 'node-permission' });
const found = await runner.describe();
afterAll(remove);

describeRunner('Node permissions', {
  level: 'node-permission',
  runner,
  skip: {
    ...(found.networkBlocked ? {} : { network: 'no network namespace can be had here, and Node 24 cannot block the network' }),
    ...(found.processesHidden ? {} : { signals: 'no process namespace can be had here' }),
    ...(found.tools.includes('prlimit') ? {} : { memoryOfBuffers: 'no prlimit on this machine' }),
  },
  leftovers,
});
