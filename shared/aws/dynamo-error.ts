/** What DynamoDB's errors mean to callers of the table port. Retrying a single throttled call is the SDK's work; a transaction's is ours. */
import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import { ZodError } from 'zod';
import { InvariantError, McError } from '../core/errors.ts';
import { refused } from '../port/table-rules.ts';
import type { WriteResult } from '../port/table.ts';
import { cursorRefused } from '../port/table-cursor.ts';

/** Cancellation reasons that say "not now" and not "no". */
const transientReasons = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded', 'RequestLimitExceeded']);
const refusingReasons = new Set(['ValidationError', 'ItemCollectionSizeLimitExceeded']);
const transientNames = new Set(['TransactionInProgressException', 'TransactionConflictException']);
const throttledNames = new Set(['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException']);

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

/** Whether a failed transaction is an answer (conditions that do not hold), worth another try, or an error to throw. */
export function judgeWriteError(error: unknown, reasons: readonly CancellationReason[] | undefined): WriteResult | 'again' {
  if (transientNames.has(nameOf(error)) || throttledNames.has(nameOf(error))) return 'again';
  if (reasons === undefined) throw tableError(error);
  const refusal = reasons.find(({ Code }) => refusingReasons.has(Code ?? ''));
  if (refusal) throw refused(`the table refuses an item: ${refusal.Message ?? String(refusal.Code)}`);
  // While one op was kept from being judged, the list of failed conditions is not complete, and callers decide by that list.
  if (reasons.some(({ Code }) => transientReasons.has(Code ?? ''))) return 'again';
  const failed = reasons.flatMap(({ Code }, index) => (Code === 'ConditionalCheckFailed' ? [index] : []));
  if (failed.length > 0) return { ok: false, failed };
  throw tableError(error);
}

/** The public error for a failed call. `startKeyGiven` tells that DynamoDB may have refused the caller's cursor. */
export function tableError(error: unknown, { startKeyGiven = false } = {}): unknown {
  if (error instanceof McError) return error;
  if (nameOf(error) === 'ValidationException') {
    const message = error instanceof Error ? error.message : '';
    if (startKeyGiven && /start(ing)? ?key/i.test(message)) return cursorRefused(error);
    return new McError('mc:store:refused', `the table refuses the request: ${message}`, { cause: error });
  }
  // Our own mistakes (a stored item of another shape, an unknown attribute type) are no outage.
  if (error instanceof InvariantError || error instanceof ZodError || error instanceof TypeError) return error;
  return new McError('mc:store:unavailable', 'the table does not answer', { cause: error });
}
