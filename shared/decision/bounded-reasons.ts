/**
 * Reasons in the room that a record has for them. A decision is one item of at most 400 KB, and most of that is for what was asked; a denial that cannot
 * be recorded would be an error without a reason.
 */
import { cutText } from '../core/text/cut-text.ts';
import type { PackVerdict, RuleEntry } from '../port/policy-engine.ts';
import { moreReasons } from './more-reasons.ts';

/** All packs together; a hundred ordinary reasons. Three decisions about one attempt share an item. */
const maxBytes = 48 * 1024;
/** What stands for the reasons that are left out. */
const moreBytes = 400;
/** UTF-8 needs at most three bytes a character of JavaScript, and JSON spells some in six; an entry has five texts. */
const bytesPerCharacter = 6 * 5;

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function cutEntry(entry: RuleEntry, characters: number): RuleEntry {
  const cut = (text: string): string => (text.length <= characters ? text : `${cutText(text, characters - 1)}…`);
  const { effect, rule, message, got, allowed, solution } = entry;
  return { effect, rule: cut(rule), message: cut(message), got: cut(got), allowed: cut(allowed), solution: cut(solution) };
}

/** Whole reasons, as many as there is room for; of a single one that is too long its beginning. */
function inRoom(verdict: PackVerdict, room: number): PackVerdict {
  const { pack, entries } = verdict;
  if (sizeOf(entries) <= room) return verdict;
  const kept: RuleEntry[] = [];
  let left = room - moreBytes;
  for (const entry of entries) {
    left -= sizeOf(entry) + 1;
    if (left < 0) break;
    kept.push(entry);
  }
  const [first] = entries;
  if (kept.length === 0 && first) kept.push(cutEntry(first, Math.floor((room - moreBytes) / bytesPerCharacter)));
  const rest = entries.slice(kept.length);
  return { ...verdict, entries: rest.length === 0 ? kept : [...kept, moreReasons(pack, rest)] };
}

/** The verdicts with their reasons, cut where they are too much for a record, or else the list itself: verdicts stay, denials come first, and what is left out is counted. */
export function boundedReasons(packs: PackVerdict[]): PackVerdict[] {
  const speaking = packs.filter(({ entries }) => entries.length > 0);
  if (speaking.reduce((sum, { entries }) => sum + sizeOf(entries), 0) <= maxBytes) return packs;
  const room = Math.floor(maxBytes / speaking.length);
  return packs.map((verdict) => inRoom(verdict, room));
}
