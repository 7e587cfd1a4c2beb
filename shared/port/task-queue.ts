import type { TenantId } from '../core/tenant-id.ts';
import type { Id } from '../core/id.ts';

/** A pointer to work: the table, not the message, says what is to be done, so a message may be lost, doubled or late. */
export interface TaskMessage {
  tenant: TenantId;
  executionId: Id<'exec'>;
  taskId: string;
  /** Compensations travel the same way as tasks. */
  purpose: 'task' | 'compensation';
}

/** Hands ready tasks to dispatchers at least once. */
export interface TaskQueue {
  /** Sends messages, at the earliest after the delay (0 to 900,000 ms, SQS's limit). */
  send(messages: readonly TaskMessage[], delayMs?: number): Promise<void>;
}
