import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { handler } from '../../../functions/queue/run-task.ts';
import { deliveriesMax } from '../../../shared/port/task-queue.ts';
import { setAwsEnvironment } from '../aws-environment.ts';

setAwsEnvironment();

const record = (messageId: string, body: unknown): object => ({ messageId, body: typeof body === 'string' ? body : JSON.stringify(body) });

afterEach(() => {
  jest.restoreAllMocks();
});

describe('the worker', () => {
  test('hands back the messages it cannot read, each by its own id', async () => {
    const foreign = { tenant: 'acme', executionId: 'exec_x', taskId: 't' };
    const answer = await handler({ Records: [record('1', 'not json'), record('2', foreign)] }, {});
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }, { itemIdentifier: '2' }] });
  });

  test('has nothing to hand back of an empty batch', async () => {
    expect(await handler({ Records: [] }, {})).toEqual({ batchItemFailures: [] });
  });

  test.each([
    ['not yet at the delivery before the last', deliveriesMax - 1, 0],
    ['at the last delivery', deliveriesMax, 1],
  ])('counts a message that SQS puts aside, %s', async (_, deliveries, counted) => {
    const lines: string[] = [];
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
    const attributes = { ApproximateReceiveCount: String(deliveries) };
    await handler({ Records: [{ messageId: '1', body: 'poison', attributes }] }, {});
    expect(lines.filter((line) => line.includes('"mc_task_dead_letters_total":1'))).toHaveLength(counted);
  });
});
