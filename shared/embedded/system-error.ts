/** A field by which Node (`code`) or SQLite (`errcode`) names what went wrong; undefined for anything else that was thrown. */
export function systemErrorField(error: unknown, field: 'code' | 'errcode'): string | number | undefined {
  if (typeof error !== 'object' || error === null || !(field in error)) return undefined;
  const value: unknown = (error as Record<string, unknown>)[field]; // Narrowed above: it is an object with this field.
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}
