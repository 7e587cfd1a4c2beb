/**
 * The worker: takes tasks off the queue and runs them. A message is only a pointer, so one that cannot be read or fails is reported alone and
 * SQS delivers it again or, after the last delivery, moves it to the dead letters; the others of its batch are done.
 */
import { z } from 'zod';
import { idSchema } from '../../shared/core/id.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { dispatchTask } from '../../shared/execution/dispatch/dispatch-task.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { metricNames } from '../../shared/port/metrics.ts';
import { deliveriesMax } from '../../shared/port/task-queue.ts';
import { lazyLambda } from '../middleware/lazy-lambda.ts';

const QueueRecord = z.object({
  messageId: z.string(),
  body: z.string(),
  /** How often SQS has delivered it, this time included. */
  attributes: z.object({ ApproximateReceiveCount: z.coerce.number().int() }).optional(),
});
type QueueRecord = z.infer<typeof QueueRecord>;

const QueueEvent = z.object({ Records: z.array(QueueRecord) });

const TaskMessage = z.object({
  tenant: TenantId,
  executionId: idSchema('exec'),
  taskId: z.string().min(1),
});

async function isDone(deps: Deps, { messageId, body, attributes }: QueueRecord): Promise<boolean> {
  try {
    await dispatchTask(deps, TaskMessage.parse(JSON.parse(body)));
    return true;
  } catch (error) {
    const deliveries = attributes?.ApproximateReceiveCount;
    const isLast = deliveries !== undefined && deliveries >= deliveriesMax;
    deps.logger.error(isLast ? 'a task message was put aside' : 'a task message failed', { messageId, deliveries, error });
    if (isLast) deps.metrics.count(metricNames.taskDeadLettersTotal);
    return false;
  }
}

export const handler = lazyLambda(async (deps, event) => {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const record of QueueEvent.parse(event).Records) {
    if (!(await isDone(deps, record))) batchItemFailures.push({ itemIdentifier: record.messageId });
  }
  return { batchItemFailures };
});
