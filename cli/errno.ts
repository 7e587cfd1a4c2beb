/** The system's code of a failed operation, such as `ENOENT`; undefined for every other kind of error. */
export function errnoOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
