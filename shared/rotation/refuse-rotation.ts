import { McError } from '../core/errors.ts';

/** A rotation that cannot go on, with the reason; nothing was taken away that could still be needed. */
export function refuseRotation(why: string, cause?: unknown): McError {
  return new McError('mc:key:rotation-refused', `${why}; the keys stay as they are`, { cause });
}
