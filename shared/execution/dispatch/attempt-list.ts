/** The list of attempts that a task keeps, of its work and of its compensation alike: begun with the claim, ended with the result. */
import { isoTime } from '../../port/clock.ts';
import type { AttemptRecord } from '../execution-record.ts';
import type { EndedAttempt } from './run-attempt.ts';

/** The list with the result of this attempt. */
export function withEnded(attempts: readonly AttemptRecord[], attempt: number, ended: EndedAttempt, now: number): AttemptRecord[] {
  const result = {
    endedAt: isoTime(now),
    sandbox: ended.sandbox,
    inputsDigest: ended.inputsDigest,
    outputsDigest: ended.outputs?.digest ?? null,
    logDigest: ended.logDigest,
    failure: ended.failed?.failure ?? null,
    message: ended.failed?.message ?? null,
    wallMs: ended.wallMs,
    decisions: ended.decisions.map(({ id, point, verdict }) => ({ id, point, verdict })),
    decisionsDigest: ended.decisionLog?.digest ?? null,
    ...(ended.decisionLog?.folded && { judged: ended.decisionLog.folded }),
    ...(ended.egress && { egress: ended.egress }),
  };
  return attempts.map((earlier) => (earlier.attempt === attempt ? { ...earlier, ...result } : earlier));
}
