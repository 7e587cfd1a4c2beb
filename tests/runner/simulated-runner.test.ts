import { describe, expect, test } from '@jest/globals';
import { SimulatedRunner } from '../../runner/simulated/simulated-runner.ts';
import { describeRunner } from '../contract/runner-contract.ts';
import { runOnce } from '../support/runner-harness.ts';
import { buildTaskSpec } from '../support/build-task-spec.ts';

const echo = new SimulatedRunner(({ inputs }) => ({
  result: { kind: 'succeeded', outputs: inputs, usage: { wallMs: 0 } },
  ...(typeof inputs['ms'] === 'number' ? { delayMs: inputs['ms'] } : {}),
}));

describeRunner('simulated', {
  level: 'simulated',
  runner: echo,
  skip: { code: 'this driver runs no code' },
  leftovers: () => Promise.resolve([]),
});

describe('simulated runner', () => {
  test('the function decides by task and attempt how an attempt ends', async () => {
    const runner = new SimulatedRunner(({ attempt, taskId }) => ({
      result:
        attempt < 2
          ? { kind: 'failed', failure: 'error', message: `${taskId} fails`, retryable: true, usage: { wallMs: 1 } }
          : { kind: 'succeeded', outputs: { attempt }, usage: { wallMs: 1 } },
      log: [{ at: 1, stream: 'stdout', text: 'simulated' }],
    }));
    expect(await runOnce(runner, buildTaskSpec())).toMatchObject({ result: { message: 'work fails' }, logs: [{ text: 'simulated' }] });
    expect(await runOnce(runner, buildTaskSpec({ attempt: 2 }))).toMatchObject({ result: { outputs: { attempt: 2 } } });
  });
});
