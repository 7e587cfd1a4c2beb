/** Whether a value has entries more than so many levels below it; its own entries are the first. Every write of a table asks, so this is spelt for speed. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) {
    if (levels === 0) return value.length > 0;
    for (const entry of value) if (isDeeper(entry, levels - 1)) return true;
    return false;
  }
  for (const name in value) {
    if (levels === 0 || isDeeper((value as Record<string, unknown>)[name], levels - 1)) return true;
  }
  return false;
}
