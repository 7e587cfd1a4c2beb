import { readFileSync } from 'node:fs';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';

/**
 * Seconds; the longest that a timer takes. The library ends a task that says nothing else after a minute and begins it a second time, while the first one goes on. Lambda ends
 * a function by itself; nothing ends a handler here, and undoing a run may take hours.
 */
export const longestTask = Math.floor((2 ** 31 - 1) / 1_000);

/**
 * The machine of this file (`run.asl.json`) without what Lambda functions are called with: handlers in this process know what they are about, and each path costs the
 * interpreter a thrown error. Not validated, which costs 100 ms: tests do that.
 */
export function readDefinition(file: string): StateMachineDefinition {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const whole = JSON.parse(text) as { States: Record<string, { Type: string }> }; // Our own file; tests validate it.
  const states = Object.entries(whole.States).map(([name, state]) => {
    const limit = state.Type === 'Task' && { TimeoutSeconds: longestTask };
    return [name, { ...limit, ...state, Parameters: undefined }] as const;
  });
  const definition = { ...whole, States: Object.fromEntries(states) };
  return JSON.parse(JSON.stringify(definition)) as StateMachineDefinition; // As before, and without the members that are undefined.
}
