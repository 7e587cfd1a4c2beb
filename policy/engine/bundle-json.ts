/**
 * JSON in the files of a bundle, which strangers write. What reads it afterwards (zod, the form that OPA signs, JSON.stringify) recurses, so
 * depth is refused before anything is parsed.
 */
import type { Issue } from '../../shared/core/issue.ts';
import { isTooDeep, maxJsonDepth } from '../../shared/core/json/too-deep.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Why a file of a bundle is not read as JSON. */
export class BundleJsonError extends Error {
  override readonly name = 'BundleJsonError';
  readonly issue: Issue;

  constructor(issue: Issue, options?: ErrorOptions) {
    super(issue.message, options);
    this.issue = issue;
  }
}

function tooDeep(file: string): BundleJsonError {
  const message = `The file ${file} nests too deep.`;
  return new BundleJsonError({
    code: 'json-depth',
    pointer: `/${file}`,
    message,
    allowed: `at most ${maxJsonDepth} levels`,
    fix: 'Flatten it.',
  });
}

function notJson(file: string, cause: unknown): BundleJsonError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BundleJsonError(
    { code: 'not-json', pointer: `/${file}`, message: `The file ${file} is not JSON in UTF-8: ${reason}` },
    { cause },
  );
}

/** The value of a file, changed on the way by `revive` as by JSON.parse. Throws a BundleJsonError. */
export function parseBundleJson(file: string, bytes: Uint8Array, revive?: (key: string, value: unknown) => unknown): unknown {
  if (isTooDeep(bytes)) throw tooDeep(file);
  try {
    return JSON.parse(utf8.decode(bytes), revive);
  } catch (cause) {
    throw notJson(file, cause);
  }
}
