import type { TaskContext } from '../../task-context.ts';

interface Inputs {
  kind?: 'error' | 'exit' | 'hang';
  failTimes?: number;
  retryable?: boolean;
  message?: string;
  value?: unknown;
}

/** Exit code of `kind: exit`; nothing else in the catalog uses it. */
const exitCode = 7;

function fail({ kind = 'error', retryable = true, message = 'failed as asked' }: Inputs): never {
  if (kind === 'exit') process.exit(exitCode);
  // Blocks the thread, so that only a kill from outside ends it.
  if (kind === 'hang') for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  throw Object.assign(new Error(message), { retryable });
}

export default async function run({ inputs, attempt, log }: TaskContext<Inputs>): Promise<{ attempt: number; value?: unknown }> {
  if (attempt <= (inputs.failTimes ?? Infinity)) {
    log(`attempt ${attempt} fails (${inputs.kind ?? 'error'})`);
    fail(inputs);
  }
  return { attempt, ...(inputs.value === undefined ? {} : { value: inputs.value }) };
}
