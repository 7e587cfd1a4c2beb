import { describe, expect, test } from '@jest/globals';
import { handler } from '../../../functions/queue/run-task.ts';
import { setAwsEnvironment } from '../aws-environment.ts';

setAwsEnvironment();

const record = (messageId: string, body: unknown): object => ({ messageId, body: typeof body === 'string' ? body : JSON.stringify(body) });

describe('the worker', () => {
  test('hands back the messages it cannot read, each by its own id', async () => {
    const foreign = { tenant: 'acme', executionId: 'exec_x', taskId: 't' };
    const answer = await handler({ Records: [record('1', 'not json'), record('2', foreign)] }, {});
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }, { itemIdentifier: '2' }] });
  });

  test('has nothing to hand back of an empty batch', async () => {
    expect(await handler({ Records: [] }, {})).toEqual({ batchItemFailures: [] });
  });
});
