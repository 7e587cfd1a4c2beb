/**
 * The two kinds of thrown error. A denial or a lost race is never one of them: those are values.
 * Callers branch on `code`; `message` is public, internals go into `cause`.
 */
import { errorCatalog, type ErrorCode } from './error-catalog/error-catalog.ts';
import type { Issue } from './issue.ts';

/** An operation that cannot be done, for a reason the caller can act on. */
export class McError extends Error {
  readonly code: ErrorCode;
  readonly issues: readonly Issue[];
  readonly retry: 'never' | 'backoff';

  constructor(code: ErrorCode, message: string, options: { issues?: readonly Issue[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.issues = options.issues ?? [];
    this.retry = errorCatalog[code].retry;
    // Step Functions can only match an error by its name.
    this.name = this.retry === 'backoff' ? 'McRetryable' : 'McTerminal';
  }
}

/** A state that our own code promised could not happen: always a bug of ours. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws an InvariantError unless the condition holds. */
export function assertInvariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Tells whether a caught value is an McError with this code. */
export function hasCode(error: unknown, code: ErrorCode): error is McError {
  return error instanceof McError && error.code === code;
}

/** Tells whether trying again may be enough: what is no McError was foreseen by nobody, so it is not. */
export function isMendedByRetries(error: unknown): boolean {
  return error instanceof McError && error.retry === 'backoff';
}
