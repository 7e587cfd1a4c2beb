/** Words that stand before what must not be shown, found by their first three letters while a text is gone through. */
import { ibanCountries } from '../redaction/iban.ts';
import { bytesOf, codes, is, isAt, isDigit, isLetter, letterOf } from './characters.ts';

/** What a text was found to have; some things tell only together. */
export const marks = { none: 0, phoneWord: 1, sevenDigits: 2, scheme: 4, at: 8, loud: 16 } as const;

type Check = (bytes: Uint8Array, at: number, from: number) => number;

const loudIf = (isLoud: boolean): number => (isLoud ? marks.loud : marks.none);

/** Whether small or capital letters follow; `rest` is in small ones. */
function continues(bytes: Uint8Array, at: number, rest: string): boolean {
  for (let index = 0; index < rest.length; index++) if (((bytes[at + index] ?? 0) | 0x20) !== rest.charCodeAt(index)) return false;
  return true;
}

/** A word tells when one of these stands behind it: a quotation mark, escaped or not, a gap, a colon, an equals sign, a bar; a key, when it is that of PEM. */
const behind = '"\'\\ \t:=|-';

/** A word before a value; `more` are letters of its longer forms. */
function before(rest: string, more = ''): Check {
  const ends = behind + more + more.toUpperCase();
  return (bytes, at) => loudIf(continues(bytes, at + 1, rest) && ends.includes(String.fromCharCode(bytes[at + 1 + rest.length] ?? 0)));
}

const ofPhones =
  (rest: string): Check =>
  (bytes, at) =>
    continues(bytes, at + 1, rest) ? marks.phoneWord : marks.none;

const isAlphanumeric = (byte: number | undefined): boolean => is(byte, isLetter | isDigit);

/** Whether no letter or digit stands before this place of the text. */
const isApart = (bytes: Uint8Array, at: number, from: number): boolean => at <= from || !isAlphanumeric(bytes[at - 1]);

/** Just so, capitals and small letters, at the end of a word or at the beginning of one. */
function exactly(text: string, { isBeginning = true, ends = '' }: { isBeginning?: boolean; ends?: string } = {}): Check {
  const wanted = bytesOf(text);
  return (bytes, at, from) => {
    const start = at - 2;
    if (!isAt(bytes, start, wanted) || (isBeginning && !isApart(bytes, start, from))) return marks.none;
    return loudIf(ends === '' || ends.includes(String.fromCharCode(bytes[start + wanted.length] ?? 0)));
  };
}

/** Of the shortest account number (Norway). */
const leastIban = 15;

/** What makes a letter of ASCII a small one. */
const small = 0x20;

/** At the first digit behind two letters: an account number needs two of them, nothing joined before the letters, and enough characters of one case with one gap at a time. */
const account: Check = (bytes, at, from) => {
  if (!is(bytes[at], isDigit) || !is(bytes[at + 1], isDigit) || !isApart(bytes, at - 2, from)) return marks.none;
  const first = (bytes[at - 2] ?? 0) & small;
  if (((bytes[at - 1] ?? 0) & small) !== first) return marks.none;
  let count = 4;
  for (let next = at + 2; count < leastIban; next++) {
    const byte = bytes[next] ?? 0;
    const isOther = is(byte, isLetter) && (byte & small) !== first;
    if (isAlphanumeric(byte) && !isOther) count++;
    else if (isOther || !' .-'.includes(String.fromCharCode(byte)) || !isAlphanumeric(bytes[next + 1])) return marks.none;
  }
  return marks.loud;
};

const checks: readonly [string, Check][] = [
  ['pas', before('s', 'wp')],
  ['pwd', before('')],
  ['sec', before('ret')],
  ['tok', before('en')],
  ['key', before('')],
  ['cre', before('dential', 's')],
  ['aut', before('horization')],
  ['bea', before('rer')],
  ['bas', before('ic')],
  ['coo', before('kie')],
  ['pho', ofPhones('ne')],
  ['mob', ofPhones('ile')],
  ['tel', ofPhones('')],
  ['fax', ofPhones('')],
  ['eyj', exactly('eyJ')],
  ['aiz', exactly('AIza')],
  ['aki', exactly('AKIA', { isBeginning: false })],
  ['asi', exactly('ASIA', { isBeginning: false })],
  ['xox', exactly('xox')],
  ['npm', exactly('npm_')],
  ['pat', exactly('pat', { isBeginning: false, ends: '_-' })],
  ...['gho', 'ghp', 'ghr', 'ghs', 'ghu'].map((token): [string, Check] => [token, exactly(`${token}_`)]),
  ['sk-', exactly('sk')],
  // How base64 of RFC 1952 (gzip) and of RFC 8878 (zstd) begins.
  ['h4s', exactly('H4sI', { isBeginning: false })],
  ['klu', exactly('KLUv', { isBeginning: false })],
  ['dot', (bytes, at) => loudIf(bytes[at - 3] === codes.space && bytes[at + 1] === codes.space)],
  ...ibanCountries.map((country): [string, Check] => [`${country}0`, account]),
];

/** The last three characters as one number: five bits each. */
export const recentBits = 0x7fff;

function recentOf(text: string): number {
  return [...text].reduce((recent, character) => ((recent << 5) | letterOf(character)) & recentBits, 0);
}

/** By the last three characters: the number of the check that they call for, or 0. */
export const checkBy = new Uint8Array(recentBits + 1);
for (const [index, [text]] of checks.entries()) checkBy[recentOf(text)] = index + 1;

/** What the word says whose third character is here. */
export function markOfWord(bytes: Uint8Array, at: number, from: number, check: number): number {
  return checks[check - 1]?.[1](bytes, at, from) ?? marks.loud;
}
