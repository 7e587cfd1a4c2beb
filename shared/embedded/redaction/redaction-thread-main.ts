/** The thread of redaction-thread.ts: one piece of work after the other, bytes handed over and not copied. */
import { parentPort } from 'node:worker_threads';
import { releaseBytes } from '../../core/release-bytes.ts';
import { redactNow } from '../../evidence/redaction/redactor.ts';
import type { RedactionAnswer, RedactionQuestion } from './redaction-thread.ts';

parentPort?.on('message', ({ id, work }: RedactionQuestion) => {
  let answer: RedactionAnswer;
  try {
    answer = { id, redacted: redactNow(work) };
  } catch (error) {
    answer = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  // What it was made of; the bytes themselves go back where nothing was withheld.
  if (!('redacted' in answer) || answer.redacted.bytes !== work.bytes) releaseBytes(work.bytes);
  parentPort?.postMessage(answer, 'redacted' in answer ? [answer.redacted.bytes.buffer] : []);
});
