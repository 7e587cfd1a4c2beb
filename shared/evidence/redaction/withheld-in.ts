/** What of a text must go: what the detectors find in it, in other spellings of it, and in what is encoded in it. */
import { tokenStart } from './commitment.ts';
import type { RedactionRules } from './data-class.ts';
import { decodeViews } from './decode-view.ts';
import type { Detector } from './detectors.ts';
import { hiddenRuns } from './encoded-runs.ts';
import { findWithheld, type Withheld } from './find-withheld.ts';

/** A text that could be taken for one of our tokens. */
const reserved: Detector = {
  rule: 'reserved',
  isWorthALook: (text) => text.includes(tokenStart),
  pattern: /\[withheld:/g,
};

/**
 * What anything that is looked for has in it, in any spelling: an at sign or an escape of it, a run of digits or of base64, a word before a secret, the marks of
 * a number plate of money or of a machine. Most lines of a log have none of it, and nothing else is asked of them.
 */
const noteworthy =
  // eslint-disable-next-line no-control-regex -- ESC, zeros and everything beyond ASCII may hide what a reader sees
  /[@%\\&\u0000\u001b]|[^\u0000-\u007f]|:\/\/|\d[\d ()./,:_-]{5}|[A-Za-z0-9+/_-]{16}|[A-Z]{2}\d\d|=[\dA-F]{2}|\d\.\d|[\da-fA-F]:|::[\da-fA-F]|eyJ|[[({<](?:[.@]|at|dot)| dot |\[withheld|[Pp][Aa][Ss][Ss]|[Pp][Ww][Dd]|[Ss][Ee][Cc][Rr][Ee][Tt]|[Tt][Oo][Kk][Ee][Nn]|[Kk][Ee][Yy]|[Cc][Rr][Ee][Dd][Ee][Nn]|[Aa][Uu][Tt][Hh]|[Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]|[Cc][Oo][Oo][Kk][Ii][Ee]|[Pp][Hh][Oo][Nn][Ee]|[Mm][Oo][Bb][Ii][Ll][Ee]|[Ff][Aa][Xx]|[Tt][Ee][Ll][ .:]/;

/** The parts of a text that must go, in order and without overlaps. */
export function withheldIn(text: string, rules: RedactionRules): Withheld[] {
  if (!noteworthy.test(text)) return [];
  const detectors = [reserved, ...rules.detectors];
  const found = findWithheld(text, detectors);
  // Without what was found: one value in plain sight must not hide another in disguise.
  if (decodeViews(blanked(text, found)).some((view) => findWithheld(view, detectors).length > 0))
    return [{ start: 0, end: text.length, rule: 'encoded' }];
  const isFound = (inside: string): boolean =>
    noteworthy.test(inside) && [inside, ...decodeViews(inside)].some((view) => findWithheld(view, rules.detectors).length > 0);
  const hidden = hiddenRuns(text, isFound).map((run): Withheld => ({ ...run, rule: 'encoded' }));
  return hidden.length === 0 ? found : union([...found, ...hidden]);
}

function blanked(text: string, parts: readonly Withheld[]): string {
  let out = '';
  let at = 0;
  for (const { start, end } of parts) {
    out += `${text.slice(at, start)} `;
    at = end;
  }
  return out + text.slice(at);
}

function union(parts: Withheld[]): Withheld[] {
  const merged: Withheld[] = [];
  for (const next of parts.sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && next.start < last.end) last.end = Math.max(last.end, next.end);
    else merged.push({ ...next });
  }
  return merged;
}
