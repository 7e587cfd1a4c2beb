/**
 * The one pipeline between a transport and an operation: who asks, may they, are path, query, headers and body right, then the use case,
 * then the answer. It never rejects: whatever goes wrong becomes a problem (RFC 9457).
 *
 * A transport builds a RawRequest and sends the RawResponse, see raw-request.ts. On AWS that is
 * `lambda(operation)` in lambda.ts: params from `pathParameters`, query from `rawQueryString`, headers as they are, `authenticate` from the
 * authorizer's verified claims with actorFromClaims (actor-claims.ts), `readBody` from `body`/`isBase64Encoded` with a check of the length.
 */
import { McError } from '../../shared/core/errors.ts';
import type { Issue } from '../../shared/core/issue.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { metricNames } from '../../shared/port/metrics.ts';
import type { Actor, Role } from '../../shared/tenant/actor.ts';
import { resolveActor } from '../../shared/tenant/resolve-actor.ts';
import { idempotencyKeyPattern } from './idempotency-key.ts';
import type { Operation, RequestContext } from './operation.ts';
import type { RawRequest, RawResponse } from './raw-request.ts';
import { parameterReader, parseQuery, type ParameterReader } from './read-parameters.ts';
import { readBody } from './body/read-body.ts';
import { renderError, renderReply } from './render-response.ts';

interface Compiled {
  params: ParameterReader;
  query: ParameterReader;
}

/** More issues than this help nobody, and a body of wrong values must not make an answer many times its size. */
const maxIssues = 100;

const compiledOperations = new WeakMap<Operation, Compiled>();

function compile(operation: Operation): Compiled {
  const known = compiledOperations.get(operation);
  if (known) return known;
  const compiled = { params: parameterReader('path', operation.params), query: parameterReader('query', operation.query) };
  compiledOperations.set(operation, compiled);
  return compiled;
}

/** The token, what the home knows of its subject, and the role; measured as one, because a caller waits for all of it. */
async function admit(operation: Operation, deps: Deps, raw: RawRequest): Promise<Actor | undefined> {
  if (operation.roles === 'public') return undefined;
  const startedMs = deps.clock.elapsedMs();
  try {
    const actor = await resolveActor(deps, await raw.authenticate());
    requireRole(operation.id, operation.roles, actor);
    return actor;
  } finally {
    deps.metrics.record(metricNames.authzMs, deps.clock.elapsedMs() - startedMs);
  }
}

function requireRole(operation: string, allowed: readonly Role[], { roles }: Actor): void {
  if (roles.some((role) => allowed.includes(role))) return;
  const got = roles.length === 0 ? 'no role' : roles.join(', ');
  throw new McError('mc:auth:forbidden', `${operation} needs one of the roles ${allowed.join(', ')}; the caller has ${got}.`);
}

function readIdempotencyKey(operation: Operation, raw: RawRequest, issues: Issue[]): string | undefined {
  const key = operation.idempotencyKey ? raw.headers['idempotency-key'] : undefined;
  if (key === undefined) return undefined;
  if (typeof key === 'string' && idempotencyKeyPattern.test(key)) return key;
  const allowed = 'one value of 1 to 255 visible ASCII characters';
  issues.push({ code: 'invalid-format', pointer: '/headers/idempotency-key', message: 'is not a valid key', allowed });
  return undefined;
}

function refuseIfAny(issues: readonly Issue[]): void {
  if (issues.length === 0) return;
  const shown = issues.slice(0, maxIssues);
  const [first] = shown;
  const more = issues.length === 1 ? '' : ` (and ${issues.length - 1} more)`;
  const place = first?.pointer === '' ? 'The body' : first?.pointer;
  throw new McError('mc:request:invalid', `${place}: ${first?.message}${more}`, { issues: shown });
}

async function readContext(operation: Operation, deps: Deps, raw: RawRequest, requestId: string): Promise<unknown> {
  const actor = await admit(operation, deps, raw);
  const { params: paramsReader, query: queryReader } = compile(operation);
  const issues: Issue[] = [];
  const params = paramsReader.read(raw.params, issues);
  const query = queryReader.read(parseQuery(raw.query, issues), issues);
  const idempotencyKey = readIdempotencyKey(operation, raw, issues);
  const { body, mediaType } = await readBody(raw, operation.body, issues);
  refuseIfAny(issues);
  const context: RequestContext<unknown, unknown, unknown, unknown> = {
    deps,
    actor,
    params,
    query,
    body,
    mediaType,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    requestId,
    origin: raw.origin,
  };
  return context;
}

export async function handleRequest(operation: Operation, deps: Deps, raw: RawRequest): Promise<RawResponse> {
  const requestId = raw.requestId ?? deps.ids.next('req');
  const place = { requestId, origin: raw.origin };
  try {
    const context = await readContext(operation, deps, raw, requestId);
    // defineOperation has bound the handler's types to the schemas that this context has just passed.
    const reply = await operation.handle(context as RequestContext<never, never, never, never>);
    return renderReply(reply, place);
  } catch (error) {
    return renderError(error, place, deps.logger, operation.id);
  }
}
