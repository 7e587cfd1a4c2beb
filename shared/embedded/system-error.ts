/** A field by which Node (`code`) or SQLite (`errcode`) names what went wrong; undefined for anything else that was thrown. */
export function systemErrorField(error: unknown, field: 'code' | 'errcode'): string | number | undefined {
  if (typeof error !== 'object' || error === null || !(field in error)) return undefined;
  const value: unknown = (error as Record<string, unknown>)[field]; // Narrowed above: it is an object with this field.
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EEXIST: 'a file stands there already',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

/** What a code of a failed file operation, such as `ENOENT`, means to a person; undefined for codes that are rare, and for none. */
export function systemErrorWords(code: unknown): string | undefined {
  return typeof code === 'string' && Object.hasOwn(words, code) ? words[code] : undefined;
}
