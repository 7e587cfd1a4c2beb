/**
 * One HTTP exchange with a home: adds the token, bounds the time and the answer, and turns everything that is not a success into an ApiProblem.
 * It never repeats a request; only the caller knows whether that is safe.
 */
import { errnoOf } from '../errno.ts';
import { answerLimits } from './answer-limits.ts';
import { Problem } from './answers.ts';
import { ApiProblem } from './api-problem.ts';

export interface HomeAddress {
  url: string;
  token?: string | undefined;
  /** Where the token came from, in words for people, who have several. */
  tokenSource?: string | undefined;
  /** Wall-clock limit of one exchange. */
  timeoutMs?: number;
}

export interface Exchange {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  headers?: Readonly<Record<string, string>>;
  body?: { mediaType: string; content: string | Uint8Array<ArrayBuffer> };
  /** How much is taken of the answer; default: that of a document. */
  maxBytes?: number;
}

export interface Answer {
  status: number;
  text: string;
  /** The body as it came. */
  bytes: Uint8Array<ArrayBuffer>;
  headers: Headers;
}

/** Longer than an API gateway lets a request live (30 s), so the gateway's own answer is seen. */
const exchangeTimeoutMs = 35_000;

export type Transport = (exchange: Exchange) => Promise<Answer>;

export function createTransport(home: HomeAddress): Transport {
  const base = home.url.replace(/\/+$/, '');
  return async (exchange) => {
    const { status, text, bytes, headers, mediaType } = await send(home, base, exchange);
    if (status === 401) throw new ApiProblem(status, withToken(readProblem(text, mediaType), home));
    if (status < 200 || status > 299) throw new ApiProblem(status, readProblem(text, mediaType));
    return { status, text, bytes, headers };
  };
}

async function send(home: HomeAddress, base: string, exchange: Exchange): Promise<Answer & { mediaType: string }> {
  const headers: Record<string, string> = { accept: 'application/json', ...exchange.headers };
  if (home.token !== undefined) headers['authorization'] = `Bearer ${home.token}`;
  if (exchange.body) headers['content-type'] = exchange.body.mediaType;
  try {
    const response = await fetch(`${base}${exchange.path}${queryString(exchange.query)}`, {
      method: exchange.method,
      headers,
      body: exchange.body?.content ?? null,
      redirect: 'error', // A token must not follow a redirect to another host.
      signal: AbortSignal.timeout(home.timeoutMs ?? exchangeTimeoutMs),
    });
    const bytes = await readBody(response, exchange);
    const { status, headers: answered } = response;
    return { status, text: new TextDecoder().decode(bytes), bytes, headers: answered, mediaType: answered.get('content-type') ?? '' };
  } catch (error) {
    if (error instanceof ApiProblem) throw error;
    throw new ApiProblem(
      503,
      { code: 'mc:host:unreachable', title: 'The host does not answer', detail: whyUnreachable(base, error) },
      error,
    );
  }
}

/** The body, held in memory; throws `mc:cli:answer-too-large` for one that is longer than such an answer is, and takes no more of it. */
async function readBody(
  response: Response,
  { method, path, maxBytes = answerLimits.document }: Exchange,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | readonly Uint8Array[] = response.body ?? [];
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      // Of an answer that came compressed, what is announced is less.
      const announced = Number(response.headers.get('content-length'));
      const got = announced > maxBytes ? `${String(announced)} bytes` : `${String(size)} bytes and more`;
      const detail = `${method} ${path} is answered with ${got}; allowed are ${String(maxBytes)}.`;
      throw new ApiProblem(response.status, { code: 'mc:cli:answer-too-large', title: 'The answer is too large', detail });
    }
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function queryString(query: Exchange['query']): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(key, String(value));
  return search.size === 0 ? '' : `?${search.toString()}`;
}

function readProblem(text: string, mediaType: string): Problem {
  if (!mediaType.includes('json')) return {};
  try {
    const parsed = Problem.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : {};
  } catch (error) {
    // A cut-off body is still an answer with a status; the caller gets the code of that status.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** A refused caller, with whose token it was. */
function withToken(problem: Problem, { token, tokenSource }: HomeAddress): Problem {
  if (token === undefined) return { ...problem, detail: problem.detail ?? 'No token was sent.' };
  const said = problem.detail ?? problem.title ?? 'The home does not know the caller.';
  return tokenSource === undefined ? problem : { ...problem, detail: `${said} The token came from ${tokenSource}.` };
}

function whyUnreachable(base: string, error: unknown): string {
  if (typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError')
    return `${base} did not answer in time.`;
  const code = errnoOf(typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined);
  if (code === 'ECONNREFUSED') return `Nothing listens at ${base}.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `The name in ${base} cannot be resolved.`;
  return `${base} cannot be reached${code === undefined ? '' : ` (${code})`}.`;
}
