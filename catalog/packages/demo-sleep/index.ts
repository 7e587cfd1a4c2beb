import { setTimeout as delay } from 'node:timers/promises';
import type { TaskContext } from '../../task-context.ts';

interface Inputs {
  ms: number;
  value?: unknown;
}

export default async function run({ inputs, log, signal }: TaskContext<Inputs>): Promise<{ sleptMs: number; value?: unknown }> {
  log(`sleeping for ${inputs.ms} ms`);
  await delay(inputs.ms, undefined, { signal });
  return { sleptMs: inputs.ms, ...(inputs.value === undefined ? {} : { value: inputs.value }) };
}
