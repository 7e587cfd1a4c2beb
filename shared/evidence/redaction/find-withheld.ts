import type { Detector, WithheldRule } from './detectors.ts';

/** A part of a text that must not be shown. */
export interface Withheld {
  start: number;
  end: number;
  rule: WithheldRule;
}

function addMatches(found: Withheld[], text: string, { rule, pattern, group, isMeant }: Detector): void {
  for (const match of text.matchAll(pattern)) {
    const value =
      group === undefined ? match[0] : (match.groups?.[group] ?? match.groups?.['quoted'] ?? match.groups?.['single'] ?? match[0]);
    if (isMeant && !isMeant(value)) continue;
    const start = match.index + match[0].lastIndexOf(value);
    found.push({ start, end: start + value.length, rule });
  }
}

/** What the detectors find, in order and without overlaps: where two meet, they are one, under the name of the first. */
export function findWithheld(text: string, detectors: readonly Detector[]): Withheld[] {
  const found: Withheld[] = [];
  let asked: Detector['isWorthALook'] | undefined;
  let isWorth = false;
  for (const detector of detectors) {
    // Neighbours that ask the same get the same answer.
    if (detector.isWorthALook !== asked) isWorth = detector.isWorthALook(text);
    asked = detector.isWorthALook;
    if (isWorth) addMatches(found, text, detector);
  }
  if (found.length < 2) return found;
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Withheld[] = [];
  for (const next of found) {
    const last = merged.at(-1);
    if (last && next.start < last.end) last.end = Math.max(last.end, next.end);
    else merged.push({ ...next });
  }
  return merged;
}
