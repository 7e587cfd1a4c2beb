import type { FieldTest } from './withhold.ts';

/** The messages of attempts that failed, and of the run, which repeats one of them: a task may say anything there, as in what it prints. */
const messages = [/(^|\/)(?:attempts|compensationAttempts)\/\d+\/message$/, /(^|\/)mc_receipt\/error\/message$/];

/** Whether a field holds words of a task. */
export const quotesATask: FieldTest = (path) => {
  const place = path.join('/');
  return messages.some((message) => message.test(place));
};
