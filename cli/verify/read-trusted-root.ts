import { McError } from '../../shared/core/errors.ts';
import { answerLimits } from '../client/answer-limits.ts';
import { readSmallFile } from '../read-small-file.ts';

/** What `use` makes of the trusted root in this file; throws `mc:cli:usage` with the name of a file that cannot be used. */
export function readTrustedRoot<T>(file: string, use: (root: unknown) => T): T {
  return useTrustedRoot(readSmallFile(file, answerLimits.trustedRoot), file, use);
}

/** As readTrustedRoot, with a text that was read already. */
export function useTrustedRoot<T>(text: string, name: string, use: (root: unknown) => T): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new McError('mc:cli:usage', `${name} is not JSON.`, { cause });
  }
  try {
    return use(value);
  } catch (cause) {
    if (!(cause instanceof McError)) throw cause;
    throw new McError(cause.code, `${name} cannot be used: ${cause.message}`, { cause });
  }
}
