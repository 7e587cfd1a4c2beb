/** An input that the package cannot use: trying again with the same input would end the same way. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly retryable = false;
}
