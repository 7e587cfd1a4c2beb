import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeExecutionCommand, GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, test } from '@jest/globals';
import { MaestroClient } from '../../cli/client/maestro-client.ts';
import { waitForExecution } from '../../cli/client/wait-for-execution.ts';
import { echoManifest, publish, run, slowMs } from '../e2e/tested-home.ts';
import { cloud } from './environment.ts';

const sfn = new SFNClient();
const home = {
  client: new MaestroClient({ url: cloud.MC_URL, token: cloud.MC_TOKEN }),
  unique: `sfn-${Date.now().toString(36)}`,
};

/** The states that the supervision of a run went through, once it has ended. */
async function statesOf(executionId: string): Promise<{ status: string | undefined; states: (string | undefined)[] }> {
  const executionArn = `${cloud.MC_STATE_MACHINE_ARN.replace(':stateMachine:', ':execution:')}:${executionId}`;
  const deadline = Date.now() + 30_000;
  let status = (await sfn.send(new DescribeExecutionCommand({ executionArn }))).status;
  while (status === 'RUNNING' && Date.now() < deadline) {
    await sleep(200);
    status = (await sfn.send(new DescribeExecutionCommand({ executionArn }))).status;
  }
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 }));
  const states = events.flatMap((event) => (event.stateEnteredEventDetails ? [event.stateEnteredEventDetails.name] : []));
  return { status, states };
}

describe('the supervision of runs by Step Functions', () => {
  test(
    'a run that succeeds is sealed and recorded, and nothing is compensated',
    async () => {
      const { name } = await publish(home, echoManifest(`good-${home.unique}`));
      const { id, state } = await run(home, { workflow: name });
      expect(state).toBe('succeeded');
      expect(await statesOf(id)).toEqual({
        status: 'SUCCEEDED',
        states: ['Dispatch', 'AwaitRun', 'HowItEnded', 'Seal', 'IsSealed', 'Record'],
      });
    },
    slowMs,
  );

  test(
    'a run that fails goes through compensation before it is sealed',
    async () => {
      const tasks = [{ id: 'bad', uses: 'pkg:demo/fail@1.0.0', with: { message: 'no', retryable: false } }];
      const { name } = await publish(home, echoManifest(`bad-${home.unique}`, { tasks }));
      const { id, state } = await run(home, { workflow: name });
      expect(state).toBe('failed');
      expect(await statesOf(id)).toEqual({
        status: 'SUCCEEDED',
        states: ['Dispatch', 'AwaitRun', 'HowItEnded', 'Compensate', 'IsCompensated', 'Seal', 'IsSealed', 'Record'],
      });
    },
    slowMs,
  );

  test(
    'a run that is cancelled while it waits for its tasks is woken, and goes through compensation before it is sealed',
    async () => {
      const tasks = [{ id: 'wait', uses: 'pkg:demo/sleep@1.0.0', with: { ms: 20_000 } }];
      const { name } = await publish(home, echoManifest(`cancelled-${home.unique}`, { tasks }));
      const { id } = await home.client.startExecution({ workflow: name });
      await home.client.actOnExecution(id, 'cancel', { reason: 'a test' });
      expect(await waitForExecution(home.client, id, { timeoutMs: slowMs })).toMatchObject({ state: 'cancelled' });
      expect(await statesOf(id)).toEqual({
        status: 'SUCCEEDED',
        states: ['Dispatch', 'AwaitRun', 'HowItEnded', 'Compensate', 'IsCompensated', 'Seal', 'IsSealed', 'Record'],
      });
    },
    slowMs,
  );
});
