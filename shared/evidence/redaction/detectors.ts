/**
 * Patterns of what must not leave with a pack. Every quantifier is bounded, so a line made to be slow costs no more than its length times a constant; what a
 * pattern alone cannot tell (a card number from any other number) is checked by its own arithmetic.
 */

/** What kind of thing was withheld; stands in its place. */
export const withheldRules = [
  'email',
  'phone',
  'card',
  'iban',
  'ssn',
  'ip',
  'secret',
  'field',
  'encoded',
  'text',
  'line',
  'reserved',
] as const;
export type WithheldRule = (typeof withheldRules)[number];

export interface Detector {
  rule: WithheldRule;
  /** Cheaper than the pattern: whether the text can hold such a thing at all. */
  isWorthALook: (text: string) => boolean;
  pattern: RegExp;
  /** The part of a match that is meant; everything when absent. */
  group?: string;
  isMeant?: (match: string) => boolean;
}

const digitsOf = (text: string): string => text.replaceAll(/\D/g, '');

const hasDigits = (text: string): boolean => /\d[\d ().-]{5}/.test(text);

/** ISO/IEC 7812-1, annex B. */
function isLuhn(text: string): boolean {
  const digits = digitsOf(text);
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? 2 * digit : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** ISO 13616: the number made of the rearranged letters and digits is 1 modulo 97. */
function isIban(text: string): boolean {
  const compact = text.replaceAll(' ', '');
  if (compact.length < 15 || compact.length > 34) return false;
  let rest = 0;
  for (const character of `${compact.slice(4)}${compact.slice(0, 4)}`)
    for (const digit of String(parseInt(character, 36))) rest = (10 * rest + Number(digit)) % 97;
  return rest === 1;
}

const date = /^(?:19|20)\d\d[-./ ]\d\d[-./ ]\d\d/;
const address = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** With a country code any grouping is a phone number; without one it takes at least three groups, and dates and addresses are none. */
function isPhone(text: string): boolean {
  const digits = digitsOf(text).length;
  if (digits < 8 || digits > 15 || date.test(text) || address.test(text)) return false;
  return text.startsWith('+') || text.startsWith('00') || /^\(?\d{2,5}\)?[ .-]{1,2}\d{2,4}[ .-]\d{2,5}/.test(text);
}

/** Whoever holds one of these can act as somebody. */
export const secretDetectors: readonly Detector[] = [
  { rule: 'secret', isWorthALook: (text) => /A[KS]IA/.test(text), pattern: /\bA[KS]IA[0-9A-Z]{16}\b/g },
  { rule: 'secret', isWorthALook: (text) => text.includes('eyJ'), pattern: /\beyJ[\w-]{5,4096}\.[\w-]{5,8192}(?:\.[\w-]{0,4096})?/g },
  {
    rule: 'secret',
    isWorthALook: (text) => /gh[oprsu]_|github_pat_|xox|sk[-_]|glpat-|AIza|npm_/.test(text),
    pattern: /\b(?:gh[oprsu]_|github_pat_|xox[abeoprs]-|sk[-_](?:live_|test_|proj-|ant-)?|glpat-|AIza|npm_)[\w-]{16,256}/g,
  },
  {
    rule: 'secret',
    isWorthALook: (text) => /bearer|basic/i.test(text),
    pattern: /\b(?:bearer|basic) {1,4}(?<value>[\w.~+/=-]{8,4096})/gi,
    group: 'value',
  },
  {
    rule: 'secret',
    isWorthALook: (text) => text.includes('://'),
    pattern: /:\/\/(?<value>[^\s/:@]{0,128}:[^\s/@]{1,256})@/g,
    group: 'value',
  },
  {
    rule: 'secret',
    isWorthALook: (text) => /pass|pwd|secret|token|key|credential|auth/i.test(text),
    pattern:
      /(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|authorization)["']?[ \t]{0,4}[:=][ \t]{0,4}(?:"(?<quoted>[^"]{1,1024})"|'(?<single>[^']{1,1024})'|(?<value>[^\s"',;&}\]]{3,1024}))/gi,
    group: 'value',
  },
];

/** What leads to one person. */
export const personalDetectors: readonly Detector[] = [
  {
    // A package with its version has an at sign and dots too.
    rule: 'email',
    isWorthALook: (text) => text.includes('@'),
    pattern: /[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.){1,8}\p{L}[\p{L}\p{N}-]{1,62}/gu,
    isMeant: (match) => !/@\d+\.\d+\.\d+/.test(match),
  },
  {
    rule: 'iban',
    isWorthALook: (text) => /[A-Z]{2}\d\d/.test(text),
    pattern: /\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{1,4}){3,8}\b/g,
    isMeant: isIban,
  },
  {
    rule: 'card',
    isWorthALook: hasDigits,
    // Digests hold long runs of digits as well, between letters.
    pattern: /(?<![\w.])[2-6](?:[ -]?\d){12,18}(?!\w)/g,
    isMeant: isLuhn,
  },
  {
    rule: 'ssn',
    isWorthALook: (text) => /\d-\d\d-\d/.test(text),
    pattern: /(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\d-])/g,
  },
  { rule: 'phone', isWorthALook: hasDigits, pattern: /(?<![\w.:/-])\+?\(?\d[\d ().-]{6,20}\d(?![\w:-])/g, isMeant: isPhone },
];

/** What leads to one machine, and through it to a person (Court of Justice, C-582/14). */
export const networkDetectors: readonly Detector[] = [
  {
    rule: 'ip',
    isWorthALook: (text) => text.includes('.'),
    pattern: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.]*\d)/g,
  },
  {
    rule: 'ip',
    isWorthALook: (text) => text.includes(':'),
    pattern: /(?<![\w:])(?:[\da-f]{1,4}:){2,7}(?::|[\da-f]{1,4}|(?::[\da-f]{1,4}){1,5})(?![\w:])/gi,
    // A time of day has no more than three parts of two digits.
    isMeant: (match) => !/^\d\d?:\d\d:\d\d$/.test(match),
  },
];
