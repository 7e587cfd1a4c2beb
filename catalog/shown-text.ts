/** The beginning of a text that was not what was asked for, short enough for a message. */
export function shownText(text: string): string {
  const line = text.trimStart().split('\n', 1)[0] ?? '';
  return JSON.stringify(line.length > 40 ? `${line.slice(0, 40).toWellFormed()}…` : line);
}
