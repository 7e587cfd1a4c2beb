/**
 * Patterns of what must not leave with a pack. Every quantifier is bounded, so a line made to be slow costs no more than its length times a constant; what a
 * pattern alone cannot tell (a card number from any other number) is checked by its own arithmetic.
 */
import { isIPv6 } from 'node:net';
import { beginsWithIban } from './iban.ts';

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

const hasDigits = (text: string): boolean => /\d[\d ()./,:_-]{5}/.test(text);

/** The last text that was asked about, and in small letters: several detectors ask about the same. */
const last = { text: '', lower: '' };

function inSmallLetters(text: string): string {
  if (text !== last.text) Object.assign(last, { text, lower: text.toLowerCase() });
  return last.lower;
}

/** Whether one of the words, which are in small letters, is in the text in any letters; much faster than a pattern of them. */
function hasAnyOf(words: readonly string[]): (text: string) => boolean {
  return (text) => {
    const lower = inSmallLetters(text);
    return words.some((word) => lower.includes(word));
  };
}

/** Of which lengths the numbers of a network are, by their first digits; most numbers of 13 to 19 digits in a log are something else. */
const cardNumber = /^(?:4\d{12}|4\d{15}|(?:5[0-8]|2[2-7]|35|6\d)\d{14}|3[47]\d{13}|3[0689]\d{12}|6[237]\d{17})$/;

/** ISO/IEC 7812-1, annex B. */
function isCard(text: string): boolean {
  const digits = digitsOf(text);
  if (!cardNumber.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? 2 * digit : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

const date = /^(?:19|20)\d\d[-./ ]\d\d[-./ ]\d\d/;
const address = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/**
 * Without a country code it takes groups as people write them: three of them, an area code in brackets or behind a zero, or the North American form. Dates, times,
 * addresses and fractions are none.
 */
const grouped = [
  /^\d{2,5}[ .-]{1,3}\d{2,4}[ .-]{1,3}\d{2,5}/,
  /^\(\d{2,5}\)[ ./-]{0,3}\d{3,}/,
  /^0\d{1,5}[ /-]{1,3}\d{3,}/,
  /^1[ .-]\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}$/,
];

function isPhone(match: string): boolean {
  // A bracket around a number is none of an area code.
  const text = match.replace(/^\((?!\d{1,5}\))/, '');
  const digits = digitsOf(text).length;
  if (digits < 8 || digits > 15 || date.test(text) || address.test(text)) return false;
  return text.startsWith('+') || (/^00[1-9]/.test(text) && digits >= 10) || grouped.some((form) => form.test(text));
}

/** Whoever holds one of these can act as somebody. */
export const secretDetectors: readonly Detector[] = [
  {
    rule: 'secret',
    isWorthALook: (text) => text.includes('KIA') || text.includes('SIA'),
    pattern: /(?<![A-Z\d])A[KS]IA[0-9A-Z]{16}(?![A-Za-z\d])/g,
  },
  {
    rule: 'secret',
    isWorthALook: (text) => text.includes('eyJ'),
    // Only the first beginning in a run of letters is tried: a run of nothing but beginnings would be gone through from each of them.
    pattern: /(?<![A-Za-z\d])(?<!(?<![A-Za-z\d])eyJ[\w-]{0,65536}?)eyJ[\w-]{5,65536}\.[\w-]{5,8192}(?:\.[\w-]{0,4096})?/g,
  },
  {
    rule: 'secret',
    isWorthALook: (text) => /gh[oprsu]_|github_pat_|xox|sk[-_]|glpat-|AIza|npm_/.test(text),
    pattern: /(?<![A-Za-z\d])(?:gh[oprsu]_|github_pat_|xox[abeoprs]-|sk[-_](?:live_|test_|proj-|ant-)?|glpat-|AIza|npm_)[\w-]{16,256}/g,
  },
  {
    rule: 'secret',
    isWorthALook: hasAnyOf(['bearer', 'basic']),
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
    isWorthALook: hasAnyOf(['cookie']),
    pattern: /cookie["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?<value>[^\r\n"']{3,4096})/gi,
    group: 'value',
  },
  {
    rule: 'secret',
    isWorthALook: hasAnyOf(['pass', 'pwd', 'secret', 'token', 'key', 'credential', 'auth']),
    pattern:
      /(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|authorization)(?:["']?[ \t]{0,4}(?:[:=]>?|\|)[ \t]{0,4}|(?<=--?[\w-]{0,40})[ \t]{1,4})(?:"(?<quoted>(?:[^"\\]|\\.){1,1024})"|'(?<single>(?:[^'\\]|\\.){1,1024})'|(?<value>[^\s"'&;}\]]{3,1024}))/gi,
    group: 'value',
  },
];

/** What leads to one person. */
export const personalDetectors: readonly Detector[] = [
  {
    // A package with its version has an at sign and dots too.
    rule: 'email',
    isWorthALook: (text) => text.includes('@'),
    pattern:
      /(?:"(?:[^"\\\n]|\\.){1,64}"|[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]{1,64})@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.){1,8}\p{L}[\p{L}\p{N}-]{1,62}|\[(?:IPv6:)?[\da-f:.]{2,45}\])/giu,
    isMeant: (match) => !/@\d+\.\d+\.\d+/.test(match),
  },
  {
    rule: 'email',
    isWorthALook: (text) => text.includes(' dot '),
    pattern: /[\p{L}\p{N}_.+-]{1,64} at [\p{L}\p{N}-]{1,63}(?: dot [\p{L}\p{N}-]{2,63}){1,4}/giu,
  },
  {
    rule: 'iban',
    isWorthALook: (text) => /[A-Za-z]{2}\d\d[ .-]?[A-Za-z\d]{4}/.test(text),
    pattern: /(?<![A-Za-z\d])[A-Za-z]{2}\d\d(?:[ .-]?[A-Za-z\d]{1,4}){3,8}/g,
    isMeant: beginsWithIban,
  },
  {
    rule: 'card',
    isWorthALook: hasDigits,
    // Digests hold long runs of digits as well, between letters.
    pattern: /(?<![\d.]|[\da-f]{3})[2-6](?:[ -]?\d){12,18}(?![\da-z])/gi,
    isMeant: isCard,
  },
  {
    rule: 'card',
    isWorthALook: hasDigits,
    pattern:
      /(?<![\d.])(?:[2-6]\d{3}(?<gap>[ ._/,:-]{1,2})\d{4}\k<gap>\d{4}\k<gap>\d{1,7}|3[47]\d\d(?<space>[ ._/,:-]{1,2})\d{6}\k<space>\d{5})(?![\da-z])/gi,
    isMeant: isCard,
  },
  { rule: 'phone', isWorthALook: hasDigits, pattern: /(?<![a-z\d+])\+\(?\d[\d ()./-]{6,22}\d(?![a-z\d])/gi, isMeant: isPhone },
  { rule: 'phone', isWorthALook: hasDigits, pattern: /(?<![a-z\d.:/-])\(?\d[\d ()./-]{6,20}\d(?![a-z\d:-])/gi, isMeant: isPhone },
  {
    // A number that nothing marks is one all the same behind a word that says so.
    rule: 'phone',
    isWorthALook: hasAnyOf(['phone', 'mobile', 'tel:', 'tel.', 'tel ', 'fax']),
    pattern: /(?:phone|mobile|\btel|fax)(?:[ _-]?(?:number|no|nr))?["']?[ \t]{0,3}[.:=]?[ \t]{0,3}["']?(?<value>\+?[\d ()./-]{6,22}\d)/gi,
    group: 'value',
    isMeant: (match) => digitsOf(match).length >= 7,
  },
  {
    rule: 'ssn',
    isWorthALook: (text) => /\d[ -]\d\d[ -]\d/.test(text),
    pattern: /(?<![\d-])(?!000|666|9\d\d)\d{3}(?<gap>[ -])(?!00)\d\d\k<gap>(?!0000)\d{4}(?![\d-])/g,
  },
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
    isWorthALook: (text) => /[\da-fA-F]:.{0,4}:|::[\da-fA-F]/.test(text),
    pattern: /(?<![a-z\d:])(?:[\da-f]{0,4}:){2,8}(?:[\da-f]{0,4}|(?:\d{1,3}\.){3}\d{1,3})(?![a-z\d:])/gi,
    isMeant: isTellingIpv6,
  },
];

/** `::`, `::1` and the names of modules (`a::b`) lead to nobody. */
function isTellingIpv6(text: string): boolean {
  return isIPv6(text) && /\d/.test(text) && text.replaceAll(':', '').length >= 4;
}
