/** Longer words are never typing errors of names, and the distance below costs their product. */
const maxWordLength = 64;
/** More candidates than any limit of ours allows to be declared. */
const maxCandidates = 1_000;

/** Edits (insert, delete, replace, swap of neighbours) between two words. */
function distance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwap = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      const replace = (last[column - 1] ?? 0) + (isSame ? 0 : 1);
      const swap = isSwap ? (beforeLast[column - 2] ?? 0) + 1 : Infinity;
      current.push(Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, replace, swap));
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? Infinity;
}

/** The candidate that was most likely meant, or undefined when none is close enough to be worth suggesting. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > maxWordLength) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  let seen = 0;
  for (const candidate of candidates) {
    if (++seen > maxCandidates) break;
    if (candidate === word || candidate.length > maxWordLength || Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < bestDistance) [best, bestDistance] = [candidate, edits];
  }
  return best;
}
