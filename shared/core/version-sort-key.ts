/** Lower than every character of an identifier, so that `a.b` sorts before `ab`. */
const separator = '!';

/** A number with its length in front sorts by value; 99 digits are more than any limit of ours admits. */
function numberKey(digits: string): string {
  const plain = digits.replace(/^0+(?=\d)/, '');
  return String(plain.length).padStart(2, '0') + plain;
}

/** Numeric identifiers have lower precedence than others, and sort by value (Semantic Versioning 2.0.0, §11.4). */
function identifierKey(identifier: string): string {
  return /^\d+$/.test(identifier) ? `0${numberKey(identifier)}` : `1${identifier}`;
}

/** A text for a semantic version whose byte order is the order of precedence, so that versions sort as keys of a table. */
export function versionSortKey(version: string): string {
  const [, core = '', prerelease] = /^([\d.]+)(?:-([^+]+))?/.exec(version) ?? [];
  const numbers = core.split('.').map(numberKey).join('.');
  // A release comes after its prereleases.
  return prerelease === undefined ? `${numbers}~` : `${numbers}-${prerelease.split('.').map(identifierKey).join(separator)}`;
}
