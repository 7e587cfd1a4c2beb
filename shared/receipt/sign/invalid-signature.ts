import { McError } from '../../core/errors.ts';

/** What is said of a signature that was made a moment ago and does not hold. */
export function invalidSignature(): McError {
  return new McError('mc:receipt:invalid', 'the signature that was just made does not fit the statement and the key');
}
