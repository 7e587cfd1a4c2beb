import { cutText } from './cut-text.ts';

/** Longer values are cut: an issue points, it does not repeat the input. */
const shownCharacters = 60;

/** A value as an issue or a message shows it: text as it is but on one line, everything else as JSON, cut to a readable length. */
export function shownValue(value: unknown): string {
  const text = (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))).replaceAll(/\s*\n\s*/g, ' ');
  return (text.length > shownCharacters ? `${cutText(text, shownCharacters)}…` : text).toWellFormed();
}
