import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { McError } from '../core/errors.ts';
import type { TaskMessage, TaskQueue } from '../port/task-queue.ts';
import { retryBounded, type RetryContext } from './retry.ts';

/** SQS: a batch has at most 10 messages. */
const messagesPerBatch = 10;

/** The task queue on SQS; resolves when every message is accepted, and entries that SQS refuses for the moment are sent again. */
export class SqsTaskQueue implements TaskQueue {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #retry: RetryContext;

  constructor(client: SQSClient, queueUrl: string, retry: RetryContext) {
    this.#client = client;
    this.#queueUrl = queueUrl;
    this.#retry = retry;
  }

  async send(messages: readonly TaskMessage[], delayMs = 0): Promise<void> {
    // SQS counts whole seconds; a message may be late but not early.
    const delaySeconds = Math.ceil(delayMs / 1_000);
    for (let start = 0; start < messages.length; start += messagesPerBatch) {
      await this.#sendBatch(messages.slice(start, start + messagesPerBatch), delaySeconds);
    }
  }

  async #sendBatch(messages: readonly TaskMessage[], DelaySeconds: number): Promise<void> {
    let entries = messages.map((message, index) => ({ Id: String(index), MessageBody: JSON.stringify(message), DelaySeconds }));
    const isSent = await retryBounded<true>(this.#retry, async () => {
      const failed = await this.#failedIds(entries);
      entries = entries.filter(({ Id }) => failed.has(Id));
      return entries.length === 0 ? true : 'again';
    });
    if (!isSent) throw new McError('mc:store:unavailable', 'the task queue kept refusing messages');
  }

  async #failedIds(Entries: readonly { Id: string; MessageBody: string }[]): Promise<Set<string>> {
    try {
      const answer = await this.#client.send(new SendMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries: [...Entries] }));
      return new Set((answer.Failed ?? []).flatMap(({ Id }) => (Id === undefined ? [] : [Id])));
    } catch (cause) {
      throw new McError('mc:store:unavailable', 'the task queue does not answer', { cause });
    }
  }
}
