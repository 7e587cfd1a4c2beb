/**
 * What a terminal acts upon instead of showing it: control characters, which move, clear, hide and rename, and what turns the direction of writing around. Texts of tasks, of other
 * homes and of files of strangers may hold them, so that what was printed says something else.
 */
const actedUpon = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** The same, or a colour as the command line gives it: one of these in a text of somebody else hides nothing. */
const actedUponOrColour = new RegExp(`${String.fromCharCode(27)}\\[(?:1|2|22|31|32|33|36|39)m|${actedUpon.source}`, 'gu');

const escaped = (character: string): string => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/** A value as a part of one line: what a terminal would act upon is spelt out, line breaks too, which would begin a line that nobody but us should write. */
export function printable(value: string): string {
  return value.replaceAll(actedUpon, escaped);
}

/** A whole answer for people: lines, tabs and our colours stay, everything else that a terminal would act upon is spelt out. */
export function printableLines(text: string): string {
  return text.replaceAll(actedUponOrColour, (found) => (found.length > 1 || found === '\n' || found === '\t' ? found : escaped(found)));
}

/** The same for what stands in one line, such as a cell of a table, and may carry colour. */
export function printableLine(text: string): string {
  return printableLines(text).replaceAll('\n', escaped);
}

/** A text of several lines, of which none but the first begins where ours begin. */
export function indented(text: string): string {
  return text.replaceAll('\n', '\n      ');
}

/** JSON text with the same value, in which nothing is left that a terminal would act upon. */
export function printableJson(json: string): string {
  return json.replaceAll(actedUpon, (found) => (found === '\n' ? found : escaped(found)));
}
