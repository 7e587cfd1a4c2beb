/** Replaces what the rules find in a text or a JSON value, however deep it is nested or escaped, by commitments. */
import type { Json, JsonObject } from '../../core/json/canonical-json.ts';
import { tokenStart, type Commitments } from './commitment.ts';
import type { RedactionRules } from './data-class.ts';
import { base64Views, decodeView } from './decode-view.ts';
import type { Detector } from './detectors.ts';
import { findWithheld, type Withheld } from './find-withheld.ts';
import { isTellingField } from './personal-field.ts';

/** Deeper values are an attack on readers; they go as a whole. */
const maxDepth = 32;

/** A text that could be taken for one of our tokens. */
const reserved: Detector = {
  rule: 'reserved',
  isWorthALook: (text) => text.includes(tokenStart),
  pattern: /\[withheld:/g,
};

/** Whether a field is left as it is, by the names that lead to it. */
export type Exempt = (path: readonly string[]) => boolean;

/**
 * What anything that is looked for has in it, in any spelling: an at sign or an escape of it, a run of digits or of base64, a word before a secret, the marks of
 * a number plate of money or of a machine. Most lines of a log have none of it, and nothing else is asked of them.
 */
const noteworthy =
  // eslint-disable-next-line no-control-regex -- ESC and everything beyond ASCII may hide what a reader sees
  /[@%\\&\u001b]|[^\u0000-\u007f]|:\/\/|\d[\d ().-]{5}|[A-Za-z0-9+/_-]{16}|[A-Z]{2}\d\d|=[\dA-F]{2}|\d\.\d|[\da-fA-F]:|\[withheld|[Pp][Aa][Ss][Ss]|[Pp][Ww][Dd]|[Ss][Ee][Cc][Rr][Ee][Tt]|[Tt][Oo][Kk][Ee][Nn]|[Kk][Ee][Yy]|[Cc][Rr][Ee][Dd][Ee][Nn]|[Aa][Uu][Tt][Hh]|[Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]/;

/** What of a text must go. */
export function withheldIn(text: string, rules: RedactionRules): Withheld[] {
  if (!noteworthy.test(text)) return [];
  const detectors = [reserved, ...rules.detectors];
  const found = findWithheld(text, detectors);
  const view = decodeView(text);
  if (view !== text && findWithheld(view, detectors).length > found.length) return [{ start: 0, end: text.length, rule: 'encoded' }];
  const hidden = [...base64Views(text)].flatMap(({ start, end, view: inside }): Withheld[] =>
    findWithheld(inside, rules.detectors).length > 0 ? [{ start, end, rule: 'encoded' }] : [],
  );
  return hidden.length === 0 ? found : union([...found, ...hidden]);
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

/** Puts commitments in the place of these parts. */
export function replaceParts(text: string, parts: readonly Withheld[], commitments: Commitments): string {
  let out = '';
  let at = 0;
  for (const { start, end, rule } of parts) {
    out += text.slice(at, start) + commitments.token(rule, text.slice(start, end));
    at = end;
  }
  return out + text.slice(at);
}

/** The text with a word in the place of these parts. */
function shownWithout(text: string, parts: readonly Withheld[]): string {
  let out = '';
  let at = 0;
  for (const { start, end } of parts) {
    out += `${text.slice(at, start)}x`;
    at = end;
  }
  return out + text.slice(at);
}

/** Only what begins like a nested value is read as one later. */
function isJson(text: string): boolean {
  if (!/^[{["]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export class Withholder {
  readonly #rules: RedactionRules;
  readonly #commitments: Commitments;

  constructor(rules: RedactionRules, commitments: Commitments) {
    this.#rules = rules;
    this.#commitments = commitments;
  }

  /** A text with everything withheld that the rules find. A text that is JSON itself is looked at as such. */
  text(text: string, depth = 0): string {
    const first = text.charCodeAt(0);
    // An opening bracket, brace or quotation mark.
    if (first === 0x7b || first === 0x5b || first === 0x22) {
      const nested = this.#nested(text, depth);
      if (nested !== undefined) return nested;
    }
    const parts = withheldIn(text, this.#rules);
    if (parts.length === 0) return text;
    // What was no JSON must not become any, or it could not be put back as it was.
    return isJson(shownWithout(text, parts)) ? this.#commitments.token('encoded', text) : replaceParts(text, parts, this.#commitments);
  }

  /** A text that is one JSON value, or undefined when it is none. What could not be put together again as it was goes as a whole. */
  #nested(text: string, depth: number): string | undefined {
    let value: Json;
    try {
      value = JSON.parse(text) as Json; // JSON.parse gives nothing else.
    } catch {
      return undefined; // Not JSON: it is looked at as text.
    }
    if (depth < maxDepth && JSON.stringify(value) === text) return JSON.stringify(this.json(value, { depth: depth + 1 }));
    return this.#isTelling(value, 0) || withheldIn(text, this.#rules).length > 0 ? this.#commitments.token('encoded', text) : text;
  }

  /** A value with every string in it looked at, and fields with telling names withheld. Keys are looked at too: one that must not be shown takes its value with it. */
  json(
    value: Json,
    { depth = 0, path = [], exempt = () => false }: { depth?: number; path?: readonly string[]; exempt?: Exempt } = {},
  ): Json {
    if (exempt(path)) return value;
    if (typeof value === 'string') return this.text(value, depth);
    // A card number may be written as a number.
    if (typeof value === 'number') return withheldIn(String(value), this.#rules).length === 0 ? value : this.#whole(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= maxDepth) return this.#whole(value);
    if (Array.isArray(value))
      return value.map((inner, index) => this.json(inner, { depth: depth + 1, path: [...path, String(index)], exempt }));
    const out: JsonObject = {};
    for (const [name, inner] of Object.entries(value)) {
      const shown = this.text(name, maxDepth);
      const at = [...path, name];
      const isTelling = inner !== null && inner !== '' && typeof inner !== 'boolean' && isTellingField(name, this.#rules.hasPersonalFields);
      Object.defineProperty(out, shown, {
        value: isTelling && !exempt(at) ? this.#whole(inner) : this.json(inner, { depth: depth + 1, path: at, exempt }),
        ...{ enumerable: true, writable: true, configurable: true },
      });
    }
    return out;
  }

  /** A value of any type is committed to as JSON, so that it can be put back as what it was; a string too, or it could not be told from JSON. */
  #whole(value: Json): string {
    return this.#commitments.token('field', JSON.stringify(value));
  }

  #isTelling(value: Json, depth: number): boolean {
    if (depth > maxDepth) return true;
    if (typeof value === 'string') return withheldIn(value, this.#rules).length > 0;
    if (typeof value === 'number') return withheldIn(String(value), this.#rules).length > 0;
    if (typeof value !== 'object' || value === null) return false;
    return Object.entries(value).some(
      ([name, inner]) =>
        isTellingField(name, this.#rules.hasPersonalFields) ||
        withheldIn(name, this.#rules).length > 0 ||
        this.#isTelling(inner, depth + 1),
    );
  }
}
