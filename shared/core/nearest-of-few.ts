import { nearest } from './nearest.ts';

/** Nobody mends more names at once, and each is held against every name there is: a text of thousands of long names that are not there would stop a home for minutes. */
const maxWords = 20;

/** `nearest` for the first few words of one text; for all others there is no suggestion. */
export function nearestOfFew(): typeof nearest {
  let left = maxWords;
  return (word, candidates) => (left-- > 0 ? nearest(word, candidates) : undefined);
}
