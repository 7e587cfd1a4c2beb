import type { FieldTest } from './withhold.ts';

/** What a task said of its failure, also as that of the run; why somebody cancelled; what a file was called that somebody gave. Any of it may name a person. */
const texts = [
  /^predicate\/mc_receipt\/steps\/entries\/\d+\/(?:attempts|compensationAttempts)\/\d+\/message$/,
  /^predicate\/mc_receipt\/(?:error\/message|cancellation\/reason)$/,
  /^predicate\/buildDefinition\/externalParameters\/files\/\d+\/name$/,
];

/** Whether a field of a signed statement holds words of a task or of a person. */
export const holdsFreeText: FieldTest = (path) => {
  const place = path.join('/');
  return texts.some((text) => text.test(place));
};
