/** The fields that were given; optional fields without a value are left out, as exact optional properties want. */
export function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const values = Object.values(fields);
  if (!values.includes(undefined)) return fields as { [K in keyof T]: Exclude<T[K], undefined> }; // Just looked at.
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }; // The filter has removed what the type excludes.
}
