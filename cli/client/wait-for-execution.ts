import { setTimeout as sleep } from 'node:timers/promises';
import { McError } from '../../shared/core/errors.ts';
import { isTerminal, type Execution } from '../../shared/execution/execution.ts';
import type { MaestroClient } from './maestro-client.ts';

export interface WaitOptions {
  timeoutMs: number;
  /** Called with every state that was read, the last one included. */
  onState?: (execution: Execution) => void;
}

/** A person sees a short run without lag, and a long run costs a request a second. */
const pollMs = { first: 60, growth: 1.3, most: 1_000 } as const;

/** Reads the execution until it is terminal; throws `mc:cli:timeout` when that takes too long, the run itself goes on. */
export async function waitForExecution(client: MaestroClient, id: string, options: WaitOptions): Promise<Execution> {
  const deadline = performance.now() + options.timeoutMs;
  let pauseMs: number = pollMs.first;
  for (;;) {
    const execution = await client.getExecution(id);
    options.onState?.(execution);
    if (isTerminal(execution.state)) return execution;
    if (performance.now() > deadline) {
      throw new McError(
        'mc:cli:timeout',
        `${id} is still ${execution.state} after ${String(Math.round(options.timeoutMs / 1_000))} s of waiting; the run goes on.`,
      );
    }
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * pollMs.growth, pollMs.most);
  }
}
