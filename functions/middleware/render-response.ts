/** Replies and errors to the wire: serialisation, security headers, request id, Retry-After and WWW-Authenticate. */
import { McError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/port/logger.ts';
import type { Reply } from './operation.ts';
import { problemMediaType, toDenial, toProblem, type Problem } from './problem.ts';
import type { RawResponse } from './raw-request.ts';

export interface RequestPlace {
  requestId: string;
  origin: string;
}

/** Where an error met us. */
export interface ErrorPlace {
  requestId: string;
  logger: Logger;
  operation: string;
}

/** Seconds. 429: the queue of a home drains thousands a second. 503: a store or policy engine needs a restart or a failover. */
const retryAfter: Readonly<Record<number, string>> = { 429: '1', 503: '5' };

/** Answers are data of one tenant: never cached, never sniffed, never framed, never run as a page. */
const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

function baseHeaders({ requestId, origin }: RequestPlace, mediaType: string): Record<string, string> {
  const headers: Record<string, string> = { ...securityHeaders, 'content-type': mediaType, 'x-request-id': requestId };
  // Two years, the minimum of the browsers' preload list; meaningless, and so left out, over plain HTTP (RFC 6797 §7.2).
  if (origin.startsWith('https:')) headers['strict-transport-security'] = 'max-age=63072000';
  return headers;
}

export function renderProblem(problem: Problem, place: RequestPlace, extra: Readonly<Record<string, string>> = {}): RawResponse {
  const headers = baseHeaders(place, problemMediaType);
  const after = retryAfter[problem.status];
  if (after !== undefined) headers['retry-after'] = after;
  // RFC 9110 §15.5.2: a 401 names the scheme that would be accepted.
  if (problem.status === 401) headers['www-authenticate'] = 'Bearer realm="maestro-conductor"';
  return { status: problem.status, headers: Object.assign(headers, extra), body: JSON.stringify(problem) };
}

export function renderReply(reply: Reply, place: RequestPlace): RawResponse {
  if ('denied' in reply) return renderProblem(toDenial(reply, place.requestId), place);
  const isJson = 'json' in reply;
  const headers = baseHeaders(place, isJson ? 'application/json' : reply.mediaType);
  return { status: reply.status, headers: Object.assign(headers, reply.headers), body: bodyOf(reply) };
}

function bodyOf(reply: Exclude<Reply, { denied: unknown }>): RawResponse['body'] {
  if ('json' in reply) return JSON.stringify(reply.json);
  return 'stream' in reply ? reply.stream : reply.bytes;
}

/** The problem of an error; what is our own fault goes to the log with its causes, and only there. */
export function reportError(error: unknown, { requestId, logger, operation }: ErrorPlace): Problem {
  const problem = toProblem(error, requestId);
  if (problem.status >= 500) {
    const code = error instanceof McError ? error.code : 'mc:internal:unexpected';
    logger.error('a request failed', { requestId, operation, code, error });
  }
  return problem;
}

/** The answer to an error. */
export function renderError(error: unknown, place: RequestPlace, logger: Logger, operation: string): RawResponse {
  return renderProblem(reportError(error, { requestId: place.requestId, logger, operation }), place);
}
