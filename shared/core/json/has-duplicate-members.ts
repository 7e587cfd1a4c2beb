/** Whether an object in this text names a member twice, of which `JSON.parse` keeps the last and other readers the first, or neither. `value` is what the text parses to. */
export function hasDuplicateMembers(text: string, value: unknown): boolean {
  return countColons(text) !== countMembers(value);
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];

/** Those that are not in a string. No pattern goes through a string of megabytes, such as a payload: it would use its stack up. */
function countColons(text: string): number {
  let count = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) isInString = !isInString;
    else if (code === backslash) at++;
    else if (code === colon && !isInString) count++;
  }
  return count;
}

function countMembers(value: unknown): number {
  let count = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inside: unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (!Array.isArray(next)) count += inside.length;
    for (const each of inside) open.push(each);
  }
  return count;
}
