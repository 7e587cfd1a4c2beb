/**
 * Other spellings of the same text: escapes of JSON, of URLs and of HTML, look-alike characters, base64. A value that a detector finds only in such a view is not
 * hidden by its spelling; but nobody can say which characters of the original it is, so all of them go.
 */

const escapes =
  /\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\["'\\/]|(?:%[\da-fA-F]{2}){1,64}|&#x?[\da-fA-F]{1,6};|&(?:amp|commat|period|quot|apos);|=[\dA-F]{2}(?=[\w.@])/g;

const named: Readonly<Record<string, string>> = { '&amp;': '&', '&commat;': '@', '&period;': '.', '&quot;': '"', '&apos;': "'" };

/** Runs of percent signs are bytes of UTF-8, which only make sense together. */
function decodedBytes(run: string): string {
  return Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8');
}

function decoded(escape: string): string {
  const known = named[escape];
  if (known !== undefined) return known;
  if (escape.startsWith('%')) return decodedBytes(escape);
  if (/^\\["'\\/]$/.test(escape)) return escape.slice(1);
  const isDecimal = /^&#\d/.test(escape);
  const code = parseInt(escape.replaceAll(/^(?:\\[ux]|&#x?|=)|;$/g, ''), isDecimal ? 10 : 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : escape;
}

// eslint-disable-next-line no-control-regex -- ECMA-48: what colours a terminal begins with ESC
const colours = /\u001b\[[\d;]{0,32}[A-Za-z]/g;

/** Zero-width characters that split a word for a machine and not for a reader. */
const invisible = /[\u00ad\u200b-\u200f\u2060\ufeff]/g;

// eslint-disable-next-line no-control-regex -- the question is whether there is anything beyond ASCII
const beyondAscii = /[^\u0000-\u007f]/;

/** The text as a reader would take it; the same text when it has but one spelling. Escapes may be escaped once more. */
export function decodeView(text: string): string {
  let view = text;
  for (let round = 0; round < 2 && /[\\%&=]/.test(view); round++) view = view.replaceAll(escapes, decoded);
  if (view.includes('\u001b')) view = view.replaceAll(colours, '');
  return beyondAscii.test(view) ? view.replaceAll(invisible, '').normalize('NFKC') : view;
}

/** What may be base64 of something that a detector would find: 16 characters are 12 bytes, shorter than any of it. */
const base64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

/** No control characters and no bytes that are not UTF-8. */
const printable = /^[\t\n\r\x20-\x7e\u00a0-\ufffc]+$/;

/** Every run of base64 that decodes to readable text, with where it is. */
export function* base64Views(text: string): Generator<{ start: number; end: number; view: string }> {
  for (const match of text.matchAll(base64)) {
    const view = Buffer.from(match[0], 'base64').toString('utf8');
    if (printable.test(view)) yield { start: match.index, end: match.index + match[0].length, view };
  }
}
