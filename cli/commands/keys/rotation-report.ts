import type { KeyRotation } from '../../../shared/rotation/rotation-view.ts';
import { paint } from '../../terminal/paint.ts';

/** What of a rotation is under way, or how it ended, in a line. */
export function describeRotation({ step, windowEndsAt, finishedAt, problem }: KeyRotation): string {
  if (finishedAt !== null && step === 'abandoned') return paint('yellow', `abandoned ${finishedAt}`);
  if (finishedAt !== null) return paint('green', `finished ${finishedAt}`);
  if (problem !== null) return paint('red', `${step}, and could not go on: ${problem}`);
  return windowEndsAt === null ? step : `${step}, both keys are trusted until ${windowEndsAt}`;
}
