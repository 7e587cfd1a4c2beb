/**
 * Data is text, never markup: a package name cannot add an image, HTML, a link with another text or another column to a report. Backslash
 * escapes of ASCII punctuation are CommonMark 0.31 §2.4.
 */

/** What CommonMark and the tables of GitHub could read as markup. */
const punctuation = /[\\`*_{}[\]<>()#+!|~&$^-]/g;

function plain(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Only characters that mean something at their place: a report must stay readable as text. */
function escapeMarkup(text: string): string {
  return text.replace(punctuation, (character, offset: number, whole: string) => {
    const inWord = /[A-Za-z0-9]/.test(whole[offset - 1] ?? '') && /[A-Za-z0-9]/.test(whole[offset + 1] ?? '');
    // Inside a word these are letters to CommonMark: `left-pad`, `a+b`, `node_modules`.
    return inWord && '-+_'.includes(character) ? character : `\\${character}`;
  });
}

/** One line of text: headings, list items. */
export function inlineText(value: unknown): string {
  // A leading number and dot would start a list.
  return escapeMarkup(plain(value).replace(/\s+/g, ' ').trim()).replace(/^(\d+)([.)])/, '$1\\$2');
}

/** A cell of a table: one line, without a bar that could end it. */
export function cellText(value: unknown): string {
  return inlineText(value);
}

/** Paragraphs stay paragraphs; everything else about the text is taken literally. */
export function paragraphText(text: string): string {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => inlineText(paragraph))
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}
