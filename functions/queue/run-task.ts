/**
 * The worker: takes tasks off the queue and runs them. A message is only a pointer, so one that cannot be read or fails is reported alone and
 * SQS delivers it again or moves it to the dead letters; the others of its batch are done.
 */
import { z } from 'zod';
import { idSchema } from '../../shared/core/id.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { dispatchTask } from '../../shared/execution/dispatch/dispatch-task.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { lazyLambda } from '../middleware/lazy-lambda.ts';

const QueueEvent = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });

const TaskMessage = z.object({
  tenant: TenantId,
  executionId: idSchema('exec'),
  taskId: z.string().min(1),
});

async function isDone(deps: Deps, messageId: string, body: string): Promise<boolean> {
  try {
    await dispatchTask(deps, TaskMessage.parse(JSON.parse(body)));
    return true;
  } catch (error) {
    deps.logger.error('a task message failed', { messageId, error });
    return false;
  }
}

export const handler = lazyLambda(async (deps, event) => {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of QueueEvent.parse(event).Records) {
    if (!(await isDone(deps, messageId, body))) batchItemFailures.push({ itemIdentifier: messageId });
  }
  return { batchItemFailures };
});
