import type { TenantId } from '../core/tenant-id.ts';
import type { Id } from '../core/id.ts';

/** A pointer to work: the table, not the message, says what is to be done, so a message may be lost, doubled or late. */
export interface TaskMessage {
  tenant: TenantId;
  executionId: Id<'exec'>;
  taskId: string;
}

/** A message of which so many deliveries failed, and not for want of a store, is put aside for a person. The table still says what is to be done. */
export const deliveriesMax = 5;

/** Free slots of this very process, held for tasks that are admitted as claimed by it. Exactly one of the two is called, once. */
export interface ReservedSlots {
  /** Runs one job in each slot. */
  run(jobs: readonly (() => Promise<void>)[]): void;
  release(): void;
}

/** Hands ready tasks to dispatchers at least once. */
export interface TaskQueue {
  /** Sends messages, at the earliest after the delay (0 to 900,000 ms, SQS's limit). */
  send(messages: readonly TaskMessage[], delayMs?: number): Promise<void>;
  /**
   * Holds slots when that many are free and nothing waits for them. Only where admission and dispatch are one process: there the first tasks of a run need no
   * claim of their own, and after a crash a claim of a process that is gone is a lost attempt like any other.
   */
  reserve?(slots: number): ReservedSlots | undefined;
  /**
   * Does work that is no message's in a slot of its own, before the messages that wait. Only where this process runs what it dispatches, and so has a number of slots. Work that waits when the
   * queue is closed is never begun, and the promise never settled: the restart goes on with it.
   */
  inSlot?<T>(work: () => Promise<T>): Promise<T>;
  /** Aborted when the queue closes: who has work in hand and waits for the world to be in order gives up then. Only where a close waits for what runs. */
  readonly closing?: AbortSignal;
}
