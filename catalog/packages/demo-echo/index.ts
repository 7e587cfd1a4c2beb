import type { TaskContext } from '../../task-context.ts';

export default async function run({ inputs, log }: TaskContext<Record<string, unknown>>): Promise<Record<string, unknown>> {
  log(`echo ${JSON.stringify(inputs)}`);
  return inputs;
}
