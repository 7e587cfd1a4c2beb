import { cutText } from '../../core/text/cut-text.ts';
import type { Attempt, Execution } from '../execution.ts';

/**
 * Characters of JSON. An answer of a deployed home has 6 MB, and a run may have thousands of attempts, each with a message of 2,000 characters and network calls
 * of 8 KB; some 600 each are the names and digests that are always told.
 */
const saidCharacters = 1024 * 1024;

/** Of the message of an attempt that is told in short. */
const shortMessage = 100;

/** The run with what its attempts say, task by task, until that is much for one answer: from there on messages are cut, and network calls counted but not listed. */
export function withBoundedAttempts(execution: Execution): Execution {
  let left = saidCharacters;
  const bounded = (attempt: Attempt): Attempt => {
    const { message, egress } = attempt;
    if (message === null && egress === undefined) return attempt;
    left -= JSON.stringify([message, egress]).length;
    return left >= 0 ? attempt : inShort(attempt);
  };
  const tasks = execution.tasks.map((task) => ({
    ...task,
    attempts: task.attempts.map(bounded),
    compensationAttempts: task.compensationAttempts.map(bounded),
  }));
  return { ...execution, tasks };
}

function inShort({ message, egress, ...attempt }: Attempt): Attempt {
  const calls = egress?.rows.reduce((sum, { count }) => sum + count, egress.unlisted);
  return {
    ...attempt,
    message: message === null ? null : cutText(message, shortMessage),
    ...(egress && calls !== undefined && { egress: { ...egress, rows: [], unlisted: calls } }),
  };
}
