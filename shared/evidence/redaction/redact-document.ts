import { canonicalJson, type Json } from '../../core/json/canonical-json.ts';
import type { Commitments } from './commitment.ts';
import type { RedactionRules } from './data-class.ts';
import { Withholder, type KnownFields } from './withhold.ts';

/** A JSON document without what the rules take, in the form (as it was written, or canonical) that it had; the same text when nothing is taken. */
export function redactDocument(
  text: string,
  { rules, commitments, ...fields }: { rules: RedactionRules; commitments: Commitments } & KnownFields,
): string {
  const value = JSON.parse(text) as Json; // JSON.parse gives nothing else.
  const write = [JSON.stringify, canonicalJson].find((form) => form(value) === text);
  if (!write) return JSON.stringify({ withheld: commitments.token('line', text) });
  return write(new Withholder(rules, commitments).json(value, fields));
}
