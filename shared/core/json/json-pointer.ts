/** Joins path parts to a JSON Pointer (RFC 6901); no parts is the empty pointer, the whole document. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
