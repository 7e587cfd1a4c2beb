/**
 * The transport of the embedded home: node:http to the pipeline of functions/middleware. It owns what belongs to connections (timeouts,
 * limits, keep-alive, methods, closing) and nothing of what operations mean.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { McError } from '../../shared/core/errors.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { handleRequest } from '../../functions/middleware/handle-request.ts';
import type { Operation } from '../../functions/middleware/operation.ts';
import type { RawResponse } from '../../functions/middleware/raw-request.ts';
import { renderError, renderProblem, renderReply } from '../../functions/middleware/render-response.ts';
import { toProblem } from '../../functions/middleware/problem.ts';
import { ByteBudget } from './body/byte-budget.ts';
import { refuseBrokenRequest } from './broken-request.ts';
import { HttpExchange, type Authenticate, type CountStarts } from './http-exchange.ts';
import { drain } from './body/read-request-body.ts';
import { RouteTable } from './route-table.ts';
import { sendChunks } from './stream/send-chunks.ts';

interface Site {
  operations: readonly Operation[];
  deps: Deps;
  authenticate: Authenticate;
  /** Origin under which callers reach the home. */
  origin: string;
  onRequest?: CountStarts;
}

const limits = {
  /** Bodies held at once: an eighth of the 512 MB that a home may take on a machine of 1 GB. */
  bodyBytes: 64 * 1024 * 1024,
  /** Requests at once; beyond this, waiting costs callers more than asking again. */
  requests: 10_000,
  /** A token of 8 KB and a cursor of 2,048 characters, each percent-encoded in twelve. */
  headerBytes: 32 * 1024,
  /** A client that needs longer for its headers is stuck or means harm. */
  headersTimeoutMs: 10_000,
  /** 5 MB at 1.4 Mbit/s. */
  requestTimeoutMs: 30_000,
  /** Longer than clients keep idle connections (undici 4 s, load balancers 60 s), so that they and not we close first. */
  keepAliveTimeoutMs: 65_000,
  /** The kernel's own limit (net.core.somaxconn); a burst of connections waits instead of being refused. */
  backlog: 4_096,
  /** A caller who takes nothing of an answer for so long has gone, or holds it open for its own sake. */
  idleAnswerMs: 120_000,
  /** Requests that run when the home is told to stop get this long. */
  closeGraceMs: 10_000,
} as const;

/** Opens the port; nothing is answered before mount(). Throws `mc:host:port-in-use`. */
export async function openPort(address: { host: string; port: number }): Promise<Server> {
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
  });
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen({ ...address, backlog: limits.backlog }, () => resolve(undefined));
  try {
    await promise;
  } catch (cause) {
    throw portError(address, cause);
  }
  server.off('error', reject);
  return server;
}

function portError({ host, port }: { host: string; port: number }, cause: unknown): unknown {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return new McError('mc:host:port-in-use', `Port ${port} of ${host} is in use by another program.`, { cause });
  if (code === 'EACCES')
    return new McError('mc:host:port-refused', `Port ${port} may not be opened by this user; take one from 1024 on.`, { cause });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new McError('mc:host:port-refused', `${host} is no address of this machine.`, { cause });
  return cause;
}

/** Answers requests with these operations from now on. */
export function mount(server: Server, site: Site): void {
  const routes = new RouteTable(site.operations);
  const { authenticate, origin } = site;
  const host = { authenticate, origin, budget: new ByteBudget(limits.bodyBytes) };
  let running = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse, awaited: ServerResponse | undefined): Promise<void> => {
    running++;
    const exchange = new HttpExchange(request, host, awaited);
    response.on('close', () => {
      running--;
      exchange.end();
    });
    try {
      const answer = running > limits.requests ? overloaded(site) : await answerTo(request, exchange, { site, routes });
      // A connection kept alive past close() would keep the home from ending.
      if (!server.listening) answer.headers['connection'] = 'close';
      drain(request);
      if (typeof answer.body === 'string' || answer.body instanceof Uint8Array) send(request, response, answer, answer.body);
      else await sendStream(request, response, answer, answer.body);
    } catch (error) {
      if (!isGone(error)) site.deps.logger.error('a connection failed', { error });
      response.destroy();
    }
  };
  server.on('request', (request, response) => void serve(request, response, undefined));
  // Without this node would let every large body in before its operation could refuse it.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => void serve(request, response, response));
  server.on('clientError', refuseBrokenRequest(site));
}

function overloaded({ deps, origin }: Site): RawResponse {
  const error = new McError('mc:host:overloaded', `More than ${limits.requests} requests are running.`);
  return renderError(error, { requestId: deps.ids.next('req'), origin }, deps.logger, 'host');
}

function answerTo(
  request: IncomingMessage,
  exchange: HttpExchange,
  { site, routes }: { site: Site; routes: RouteTable },
): RawResponse | Promise<RawResponse> {
  const route = routes.find(request.method ?? '', exchange.path);
  if (route.kind === 'unknown' && exchange.path === '/' && (request.method === 'GET' || request.method === 'HEAD')) return toDocs(site);
  if (route.kind !== 'found') return refuseRoute(route, request, site);
  exchange.params = route.params;
  exchange.countBy(site.onRequest);
  return handleRequest(route.operation, site.deps, exchange);
}

/** For a person who opens the address of the home in a browser. */
function toDocs({ deps, origin }: Site): RawResponse {
  const reply = { status: 302, bytes: 'See /docs.\n', mediaType: 'text/plain; charset=utf-8', headers: { location: '/docs' } };
  return renderReply(reply, { requestId: deps.ids.next('req'), origin });
}

function refuseRoute(
  route: { kind: 'wrong-method'; allow: string } | { kind: 'unknown' },
  request: IncomingMessage,
  site: Site,
): RawResponse {
  const place = { requestId: site.deps.ids.next('req'), origin: site.origin };
  if (route.kind === 'unknown')
    return renderProblem(toProblem(new McError('mc:request:not-found', 'There is nothing at this path.'), place.requestId), place);
  const error = new McError('mc:request:method', `This path does not take ${request.method}; it takes ${route.allow}.`);
  return renderProblem(toProblem(error, place.requestId), place, { allow: route.allow });
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers }: RawResponse, body: string | Uint8Array): void {
  headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength);
  response.writeHead(status, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Sends a body while it is made, no faster than the caller takes it; when making it fails the connection is cut, and the caller sees that the end is missing. */
async function sendStream(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers }: RawResponse,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  response.writeHead(status, headers);
  response.setTimeout(limits.idleAnswerMs, () => response.destroy());
  if (request.method === 'HEAD') {
    response.end();
    // Whoever makes the body may hold a place for it.
    await body[Symbol.asyncIterator]().return?.();
  } else await sendChunks(body, response);
}

/** Whether a caller who went away is all that happened. */
function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

/** Stops listening, lets running requests finish, and cuts what is left after the grace time. */
export async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.close(() => resolve(undefined));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), limits.closeGraceMs);
  await promise;
  clearTimeout(cut);
}
