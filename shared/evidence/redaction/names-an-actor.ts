import type { FieldTest } from './withhold.ts';

/** Who asked, who cancelled, who was judged: a proof of what happened is one only with the names of those who did it. */
const actors = [/(^|\/)mc_receipt\/requestedBy$/, /(^|\/)cancellation\/by$/, /(^|\/)actor(\/|$)/];

/** Whether a field names an actor. */
export const namesAnActor: FieldTest = (path) => {
  const place = path.join('/');
  return actors.some((actor) => actor.test(place));
};
