import type { Id, IdPrefix } from '../core/id.ts';

/** Source of ids and of the randomness behind back-off jitter. */
export interface Ids {
  /** A new id, greater than every id of the same prefix made before it by this source. */
  next<P extends IdPrefix>(prefix: P): Id<P>;
  /** A number in [0, 1), for jitter; never for anything secret. */
  random(): number;
}
