/**
 * The one mapper of errors to HTTP: McError to an RFC 9457 problem. What is not an McError becomes `mc:internal:unexpected`, whose
 * text is fixed, so that no message of a bug, a driver or a file path ever reaches a caller.
 */
import { z } from 'zod';
import { errorCatalog, type ErrorCode } from '../../shared/core/error-catalog/error-catalog.ts';
import { McError } from '../../shared/core/errors.ts';
import { Issue } from '../../shared/core/issue.ts';
import { DenyReason } from '../../shared/decision/decision.ts';
import type { Denied } from './operation.ts';

const ErrorCodeName = z
  .string()
  .regex(/^mc:[a-z-]+:[a-z-]+$/)
  .describe('Stable name of the error; branch on this');

export const Problem = z
  .object({
    type: z.url().describe('Address of the page about this error'),
    title: z.string().describe('What this kind of error is called'),
    status: z.int().min(400).max(599),
    code: ErrorCodeName,
    detail: z.string().describe('What happened this time'),
    fix: z.string().describe('What to do about this kind of error, as the command line says it; reasons below have fixes of their own'),
    instance: z.string().describe('Id of the request, as in the `x-request-id` header and in the log'),
    issues: z
      .array(Issue.meta({ id: 'Issue' }))
      .optional()
      .describe('Every problem of the request at once'),
    decisionId: z.string().optional().describe('The recorded decision of a denial; it has a signed receipt of its own'),
    deny: z
      .array(DenyReason.meta({ id: 'DenyReason' }))
      .optional()
      .describe('Every reason of a denial and what would lift it'),
  })
  .meta({ id: 'Problem', description: 'An error as RFC 9457 has it' });
export type Problem = z.infer<typeof Problem>;

export const problemMediaType = 'application/problem+json';

/** The address of the page about a code; docs/errors/<area>-<reason>.md is its source. */
function problemType(code: ErrorCode): string {
  return `https://maestro-conductor.dev/errors/${code.slice('mc:'.length).replace(':', '-')}`;
}

function problemOf(code: ErrorCode, detail: string, instance: string): Problem {
  const { status, title, fix } = errorCatalog[code];
  return { type: problemType(code), title, status, code, detail, fix, instance };
}

export function toProblem(error: unknown, requestId: string): Problem {
  if (!(error instanceof McError) || error.code === 'mc:internal:unexpected') {
    return problemOf('mc:internal:unexpected', errorCatalog['mc:internal:unexpected'].fix, requestId);
  }
  const problem = problemOf(error.code, error.message, requestId);
  return error.issues.length === 0 ? problem : { ...problem, issues: [...error.issues] };
}

export function toDenial({ denied, decisionId, detail }: Denied, requestId: string): Problem {
  return { ...problemOf('mc:policy:denied', detail, requestId), decisionId, deny: [...denied] };
}

/** The problem with as many of its reasons as there is room for; where some are left out, `detail` says how many. */
export function boundedProblem(problem: Problem, maxBytes: number): Problem {
  if (sizeOf(problem) <= maxBytes) return problem;
  const { issues = [], deny = [], ...rest } = problem;
  let room = maxBytes - sizeOf(rest) - roomForMore;
  const fits = (reason: unknown): boolean => (room -= sizeOf(reason) + 1) >= 0;
  const kept = { issues: issues.filter(fits), deny: deny.filter(fits) };
  const left = issues.length + deny.length - kept.issues.length - kept.deny.length;
  const detail = `${rest.detail} (${left} of ${issues.length + deny.length} reasons are left out here; the decision, or the answer to a single request, has all.)`;
  return { ...rest, detail, ...(kept.issues.length > 0 && { issues: kept.issues }), ...(kept.deny.length > 0 && { deny: kept.deny }) };
}

/** What `detail` gains, and the names of both lists. */
const roomForMore = 160;

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
