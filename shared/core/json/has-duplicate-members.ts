/** Whether an object in this text names a member twice, of which `JSON.parse` keeps the last and other readers the first, or neither. `value` is what the text parses to. */
export function hasDuplicateMembers(text: string, value: unknown): boolean {
  const named = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  return named !== countMembers(value);
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
