/** A text as one word of a POSIX shell, whatever stands in it: commands are printed to be copied, and names in them may come from strangers. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
