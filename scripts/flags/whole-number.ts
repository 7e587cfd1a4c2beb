/** The number that a flag of a script was given; ends the script with exit code 2 and what is allowed for anything else. */
export function wholeNumber(flag: string, text: string, { from = 1, to = Number.MAX_SAFE_INTEGER } = {}): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= from && value <= to) return value;
  const allowed = to === Number.MAX_SAFE_INTEGER ? `from ${from}` : `from ${from} to ${to}`;
  process.stderr.write(`--${flag} takes a whole number ${allowed}, got ${text}\n`);
  process.exit(2);
}
