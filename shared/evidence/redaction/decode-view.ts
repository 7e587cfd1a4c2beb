/**
 * Other spellings of the same text: escapes of JSON, of URLs and of HTML, look-alike characters, characters that nobody sees. A value that a detector finds only in such a view is not
 * hidden by its spelling; but nobody can say which characters of the original it is, so all of them go.
 */

const escapes =
  /\\u[\da-fA-F]{4}|(?:\\x[\da-fA-F]{2}){1,64}|(?:\\[0-3][0-7]{2}){1,64}|\\["'\\/]|(?:%[\da-fA-F]{2}){1,64}|&#x?[\da-fA-F]{1,6};|&(?:amp|commat|period|quot|apos);/g;

/** RFC 2045 §6.7; apart from the others, because `=41` in a query is a number. */
const quotedPrintable = /=[\dA-F]{2}(?=[\w.@])/g;
const quotedAddress = /=40[\w-]{1,63}(?:\.|=2E)[A-Za-z]/;

const named: Readonly<Record<string, string>> = { '&amp;': '&', '&commat;': '@', '&period;': '.', '&quot;': '"', '&apos;': "'" };

/** Runs of percent signs, of `\\x` or of octal numbers are bytes of UTF-8, which only make sense together. */
function decodedBytes(escaped: string): string {
  const codes = escaped.startsWith('%') ? escaped.slice(1).split('%') : escaped.slice(1).split('\\');
  const bytes = codes.map((code) => (code.length === 3 && !code.startsWith('x') ? parseInt(code, 8) : parseInt(code.replace('x', ''), 16)));
  return Buffer.from(bytes).toString('utf8');
}

function decoded(escape: string): string {
  const known = named[escape];
  if (known !== undefined) return known;
  if (/^(?:%|\\x|\\\d)/.test(escape)) return decodedBytes(escape);
  if (escape.startsWith('\\') && escape.length === 2) return escape.slice(1);
  const isDecimal = /^&#\d/.test(escape);
  const code = parseInt(escape.replaceAll(/^(?:\\u|&#x?|=)|;$/g, ''), isDecimal ? 10 : 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : escape;
}

// eslint-disable-next-line no-control-regex -- ECMA-48: what colours a terminal begins with ESC
const colours = /\u001b\[[\d;]{0,32}[A-Za-z]/g;

/** Characters that split a word for a machine and not for a reader: zeros, zero-width ones, those that turn the direction, variation selectors. */
// eslint-disable-next-line no-control-regex, no-misleading-character-class -- they are looked for one by one
const invisible = /[\u0000\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]/g;

/** Hyphens and dashes of all lengths, and the minus. */
const dashes = /[\u2010-\u2015\u2212]/g;

/** How people write an address that a program should not find. */
const defanged = / ?[[({<](at|dot|\.|@)[\])}>] ?/gi;

const query = /(?:^|[?&])[\w.-]{1,64}=[^\s&=]{0,200}\+/;

/** A plus between words of a query is a space. */
const querySpace = /(?<=[\w)])\+(?=[\w(])/g;

// eslint-disable-next-line no-control-regex -- the question is whether there is anything beyond ASCII
const beyondAscii = /[^\u0000-\u007f]/;

function withoutEscapes(text: string): string {
  let view = text;
  for (let round = 0; round < 4 && /[\\%&]/.test(view); round++) {
    const before = view;
    view = before.replaceAll(escapes, decoded);
    if (view === before) break;
  }
  return view;
}

function withoutDisguise(text: string): string {
  let view = text;
  if (view.includes('\u001b')) view = view.replaceAll(colours, '');
  if (view.includes('\u0000')) view = view.replaceAll(invisible, '');
  return beyondAscii.test(view) ? view.replaceAll(invisible, '').normalize('NFKC').replaceAll(dashes, '-') : view;
}

/** The text as a reader would take it; the same text when it has but one spelling. Escapes may be escaped a few times more. */
function readable(text: string): string {
  let view = withoutEscapes(withoutDisguise(text));
  if (view !== text) view = withoutDisguise(view);
  if (view.includes('+') && query.test(view)) view = view.replaceAll(querySpace, ' ');
  return /[[({<](?:at|dot|\.|@)[\])}>]/i.test(view)
    ? view.replaceAll(defanged, (_, word: string) => (/at|@/i.test(word) ? '@' : '.'))
    : view;
}

/** Every other spelling of the text. */
export function decodeViews(text: string): string[] {
  const views = [readable(text)];
  if (quotedAddress.test(text)) views.push(readable(text.replaceAll(quotedPrintable, decoded)));
  return views.filter((view) => view !== text);
}
