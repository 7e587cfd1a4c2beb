import { cutText } from './cut-text.ts';

/** Longer values are cut: an issue points, it does not repeat the input. */
const shownCharacters = 60;

/** Of what is read to show them: the white space that goes may be all of a text of megabytes, and looking for line breaks in that takes the square of its length. */
const readCharacters = 4 * shownCharacters;

/** A value as an issue or a message shows it: text as it is but on one line, everything else as JSON, cut to a readable length. */
export function shownValue(value: unknown): string {
  const whole = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const text = cutText(whole, readCharacters).replaceAll(/\s*\n\s*/g, ' ');
  const isCut = whole.length > readCharacters || text.length > shownCharacters;
  return (isCut ? `${cutText(text, shownCharacters)}…` : text).toWellFormed();
}
