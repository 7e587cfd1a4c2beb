/**
 * The beginning of a text, of at most so many characters as JavaScript counts them (UTF-16 code units): cut between two characters and never through one, which would leave
 * half of a surrogate pair. That has no UTF-8 form, no canonical JSON (RFC 8785 §3.2.2.2) and so no place in a receipt.
 */
export function cutText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const isPairCut = (text.codePointAt(maxCharacters - 1) ?? 0) > 0xffff;
  return text.slice(0, isPairCut ? maxCharacters - 1 : maxCharacters);
}
