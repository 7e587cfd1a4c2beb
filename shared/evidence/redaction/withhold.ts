/** Replaces what the rules find in a text or a JSON value, however deep it is nested or escaped, by commitments. */
import type { Json, JsonObject } from '../../core/json/canonical-json.ts';
import type { Commitments } from './commitment.ts';
import type { RedactionRules } from './data-class.ts';
import type { Withheld } from './find-withheld.ts';
import { isTellingField } from './personal-field.ts';
import { withheldIn } from './withheld-in.ts';

/** Deeper values are an attack on readers; they go as a whole. */
const maxDepth = 32;

/** Whether a field is treated in another way than by what is in it, by the names that lead to it. */
export type FieldTest = (path: readonly string[]) => boolean;

/** Of a document: which fields are left as they are, and which hold what a task said. */
export interface KnownFields {
  exempt?: FieldTest;
  isFreeText?: FieldTest;
}

const none: FieldTest = () => false;

/** Whether the value of a field can tell anything at all. */
function holdsSomething(value: Json): boolean {
  return value !== null && value !== '' && typeof value !== 'boolean';
}

/** Puts commitments in the place of these parts. */
function replaceParts(text: string, parts: readonly Withheld[], commitments: Commitments): string {
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

/** An opening brace, bracket or quotation mark. */
function beginsLikeJson(text: string): boolean {
  const first = text.charCodeAt(0);
  return first === 0x7b || first === 0x5b || first === 0x22;
}

/** Only what begins like a nested value is read as one later. */
function isJson(text: string): boolean {
  if (!beginsLikeJson(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Twelve digits and fewer are no card, and a number is written without the plus or the groups that make a phone number. */
const leastTellingNumber = 1e12;

/** Names of fields that are remembered; who makes up more of them pays for each. */
const maxNames = 1_000;

interface LookedAt {
  /** Whether its value goes, whatever it is. */
  isTelling: boolean;
  /** Whether nothing of the name itself goes. */
  isClean: boolean;
}

export class Withholder {
  readonly #rules: RedactionRules;
  readonly #commitments: Commitments;
  readonly #names = new Map<string, LookedAt>();

  constructor(rules: RedactionRules, commitments: Commitments) {
    this.#rules = rules;
    this.#commitments = commitments;
  }

  /** A text with everything withheld that the rules find. A text that is JSON itself is looked at as such. */
  text(text: string, depth = 0): string {
    if (beginsLikeJson(text)) {
      const nested = this.#nested(text, depth);
      if (nested !== undefined) return nested;
    }
    return this.without(text, withheldIn(text, this.#rules));
  }

  /** A text with commitments in the place of these parts. */
  without(text: string, parts: readonly Withheld[]): string {
    if (parts.length === 0) return text;
    // What was no JSON must not become any, or it could not be put back as it was.
    return isJson(shownWithout(text, parts)) ? this.#commitments.token('encoded', text) : replaceParts(text, parts, this.#commitments);
  }

  /** Whether a text is JSON, or has some in a string of it, with a field whose name alone tells that its value goes. */
  hasTellingField(text: string, depth = 0): boolean {
    if (!beginsLikeJson(text)) return false;
    try {
      return this.#holdsTellingField(JSON.parse(text) as Json, depth); // JSON.parse gives nothing else.
    } catch (error) {
      if (error instanceof SyntaxError) return false; // Not JSON: there are no fields.
      throw error;
    }
  }

  #holdsTellingField(value: Json, depth: number): boolean {
    if (typeof value === 'string') return depth < maxDepth && this.hasTellingField(value, depth + 1);
    if (typeof value !== 'object' || value === null) return false;
    if (depth >= maxDepth) return true;
    if (Array.isArray(value)) return value.some((inner) => this.#holdsTellingField(inner, depth + 1));
    return Object.entries(value).some(
      ([name, inner]) => (holdsSomething(inner) && this.#lookAt(name).isTelling) || this.#holdsTellingField(inner, depth + 1),
    );
  }

  /** A text that is one JSON value, or undefined when it is none. What could not be put together again as it was goes as a whole. */
  #nested(text: string, depth: number): string | undefined {
    let value: Json;
    try {
      value = JSON.parse(text) as Json; // JSON.parse gives nothing else.
    } catch {
      return undefined; // Not JSON: it is looked at as text.
    }
    if (depth < maxDepth && JSON.stringify(value) === text)
      // Most records hold nothing that must go, and none of them is built anew.
      return this.#isClean(value, depth + 1) ? text : JSON.stringify(this.json(value, { depth: depth + 1 }));
    return this.#isTelling(value, 0) || withheldIn(text, this.#rules).length > 0 ? this.#commitments.token('encoded', text) : text;
  }

  /** A value with every string in it looked at, and fields with telling names withheld. Keys are looked at too: one that must not be shown takes its value with it. */
  json(
    value: Json,
    { depth = 0, path = [], exempt = none, isFreeText = none }: { depth?: number; path?: readonly string[] } & KnownFields = {},
  ): Json {
    if (exempt(path)) return value;
    if (typeof value === 'string') {
      const isWithheld = this.#rules.isTextWithheld && value !== '' && isFreeText(path);
      return isWithheld ? this.#commitments.token('text', value) : this.text(value, depth);
    }
    // A card number may be written as a number.
    if (typeof value === 'number') return this.#isCleanNumber(value) ? value : this.#whole(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= maxDepth) return this.#whole(value);
    if (Array.isArray(value))
      return value.map((inner, index) => this.json(inner, { depth: depth + 1, path: [...path, String(index)], exempt, isFreeText }));
    const out: JsonObject = {};
    for (const [name, inner] of Object.entries(value)) {
      const shown = this.text(name, maxDepth);
      const at = [...path, name];
      const isTelling = holdsSomething(inner) && this.#lookAt(name).isTelling;
      Object.defineProperty(out, shown, {
        value: isTelling && !exempt(at) ? this.#whole(inner) : this.json(inner, { depth: depth + 1, path: at, exempt, isFreeText }),
        ...{ enumerable: true, writable: true, configurable: true },
      });
    }
    return out;
  }

  /** Whether nothing of a value would go. Says no where it would have to look closer: strings that may be JSON themselves. */
  #isClean(value: Json, depth: number): boolean {
    if (typeof value === 'string') return !beginsLikeJson(value) && withheldIn(value, this.#rules).length === 0;
    if (typeof value === 'number') return this.#isCleanNumber(value);
    if (typeof value !== 'object' || value === null) return true;
    if (depth >= maxDepth) return false;
    if (Array.isArray(value)) return value.every((inner) => this.#isClean(inner, depth + 1));
    for (const name in value) {
      const { isTelling, isClean } = this.#lookAt(name);
      const inner = value[name];
      if (!isClean || inner === undefined) return false;
      if (isTelling && holdsSomething(inner)) return false;
      if (!this.#isClean(inner, depth + 1)) return false;
    }
    return true;
  }

  #isCleanNumber(value: number): boolean {
    return Math.abs(value) < leastTellingNumber || withheldIn(String(value), this.#rules).length === 0;
  }

  /** Whether a field of this name may be shown, and its value too when nothing is in that. */
  isHarmless(name: string): boolean {
    const { isTelling, isClean } = this.#lookAt(name);
    return isClean && !isTelling;
  }

  /** What there is to say about a name; a log has few of them and a million times. */
  #lookAt(name: string): LookedAt {
    const known = this.#names.get(name);
    if (known) return known;
    const looked = {
      isTelling: isTellingField(name, this.#rules.hasPersonalFields),
      isClean: !beginsLikeJson(name) && withheldIn(name, this.#rules).length === 0,
    };
    if (this.#names.size < maxNames) this.#names.set(name, looked);
    return looked;
  }

  /** A value of any type is committed to as JSON, so that it can be put back as what it was; a string too, or it could not be told from JSON. */
  #whole(value: Json): string {
    return this.#commitments.token('field', JSON.stringify(value));
  }

  #isTelling(value: Json, depth: number): boolean {
    if (depth > maxDepth) return true;
    if (typeof value === 'string') return withheldIn(value, this.#rules).length > 0;
    if (typeof value === 'number') return !this.#isCleanNumber(value);
    if (typeof value !== 'object' || value === null) return false;
    return Object.entries(value).some(
      ([name, inner]) => this.#lookAt(name).isTelling || withheldIn(name, this.#rules).length > 0 || this.#isTelling(inner, depth + 1),
    );
  }
}
