import type { RawRequest, RawResponse } from '../../functions/middleware/raw-request.ts';
import { Problem } from '../../functions/middleware/problem.ts';
import { buildActor } from './build-deps.ts';

type Parts = Partial<Omit<RawRequest, 'readBody'>> & { body?: unknown };

/** A request as a transport would hand it over; a body that is no string or bytes is sent as JSON. */
export function buildRawRequest({ body, headers = {}, ...parts }: Parts = {}): RawRequest {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(isRaw ? body : JSON.stringify(body));
  return {
    params: {},
    query: '',
    headers: { ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }), ...headers },
    origin: 'http://127.0.0.1:8484',
    authenticate: () => buildActor(['admin']),
    readBody: async () => bytes,
    ...parts,
  };
}

/** The problem in an answer; throws when the answer is none. */
export function problemIn(response: RawResponse): Problem {
  if (response.headers['content-type'] !== 'application/problem+json')
    throw new Error(`no problem: ${response.status} ${response.body as string}`);
  return Problem.parse(JSON.parse(response.body as string));
}
