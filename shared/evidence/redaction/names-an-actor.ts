import type { FieldTest } from './withhold.ts';

/** Who asked, who cancelled, who was judged: a proof of what happened is one only with the names of those who did it. */
const actors = [
  /^predicate\/mc_receipt\/(?:requestedBy|cancellation\/by)$/,
  // Rule data of a tenant may have fields of that name too.
  /^(?:input|predicate\/mc_decision)\/actor(?:\/|$)/,
];

/** Whether a field names an actor. */
export const namesAnActor: FieldTest = (path) => {
  const place = path.join('/');
  return actors.some((actor) => actor.test(place));
};
