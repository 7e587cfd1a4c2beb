/**
 * JSON characters of an entry, unless a single change has more. V8 keeps a string of over 128 KB apart, in memory that is asked of the system and given back each time, so one text of
 * half a megabyte costs several times as much as pieces of it.
 */
const entryChars = 60 * 1024;

/** The changes of one commit as texts of entries that follow each other, each of whole changes as of `encodeChange`. */
export function entriesOf(changes: readonly string[]): string[] {
  const entries: string[] = [];
  let from = 0;
  let chars = 0;
  for (const [at, { length }] of changes.entries()) {
    if (at > from && chars + length > entryChars) {
      entries.push(changes.slice(from, at).join('\n'));
      from = at;
      chars = 0;
    }
    chars += length;
  }
  if (from < changes.length) entries.push(changes.slice(from).join('\n'));
  return entries;
}
