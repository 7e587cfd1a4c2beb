import { constants } from 'node:os';
import type { TaskResult } from '../../shared/port/runner.ts';
import { readAnswer } from './answer.ts';
import type { ChildEnd } from './child/run-child.ts';

/** Ends of a process by signal as a shell and bubblewrap report them: 128 and the number of the signal. */
function killedBy(end: ChildEnd, signal: NodeJS.Signals): boolean {
  return end.signal === signal || end.code === 128 + constants.signals[signal];
}

function describeEnd(end: ChildEnd): string {
  return end.signal === null ? `exit code ${String(end.code)}` : `signal ${end.signal}`;
}

function failed(
  end: ChildEnd,
  failure: Extract<TaskResult, { kind: 'failed' }>['failure'],
  message: string,
  retryable: boolean,
): TaskResult {
  return { kind: 'failed', failure, message, retryable, usage: { wallMs: end.wallMs } };
}

function withoutAnswer(end: ChildEnd): TaskResult {
  if (end.saidOutOfMemory) return failed(end, 'memory', 'the task needs more memory than its resource class has', true);
  // Nobody else sends SIGKILL: our own kills are recorded as `stopped`.
  if (killedBy(end, 'SIGKILL'))
    return failed(end, 'memory', 'the system killed the task: memory ran out, or it used the processor time of several tasks', true);
  if (killedBy(end, 'SIGXFSZ')) return failed(end, 'error', 'the task wrote a file that is larger than scratch may be', true);
  return failed(end, 'crashed', `the task ended without an answer (${describeEnd(end)})`, true);
}

/** What an ended child means. What the parent did to it comes first, then its answer, then the way it ended. */
export function toTaskResult(end: ChildEnd, outputBytes: number): TaskResult {
  if (end.startError !== undefined) return failed(end, 'sandbox', `the sandbox could not be started: ${end.startError.message}`, true);
  if (end.stopped !== undefined) {
    const { failure, message } = end.stopped;
    return failed(end, failure, message, failure === 'timeout' || failure === 'error');
  }
  const state = readAnswer(end.answer);
  if (state.kind === 'none')
    return failed(end, 'sandbox', `the sandbox did not come up (${describeEnd(end)}); the log of the attempt says more`, true);
  if (state.kind === 'ready') return withoutAnswer(end);
  if (state.kind === 'unreadable') return failed(end, 'invalid-output', state.reason, false);
  const { answer } = state;
  const usage = { wallMs: end.wallMs, ...answer.usage };
  if (answer.kind === 'failed') return { ...answer, retryable: answer.retryable && answer.failure !== 'invalid-output', usage };
  const size = Buffer.byteLength(JSON.stringify(answer.outputs));
  if (size > outputBytes)
    return failed(end, 'output-too-large', `the outputs are ${size} bytes as JSON; allowed are ${outputBytes}`, false);
  return { kind: 'succeeded', outputs: answer.outputs, usage };
}
