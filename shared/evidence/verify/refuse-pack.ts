import { McError } from '../../core/errors.ts';

/** The refusal of a pack, with the reason. */
export function refusePack(reason: string, cause?: unknown): McError {
  return new McError('mc:disclosure:invalid', `the pack does not verify: ${reason}`, cause === undefined ? {} : { cause });
}
