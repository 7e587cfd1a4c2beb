/**
 * What a transport hands to the pipeline and gets back. There are two transports: cli/host/http-server.ts (node:http) and
 * functions/middleware/lambda.ts (API Gateway payload 2.0). A transport only translates; every rule is in handle-request.ts.
 */
import type { Actor } from '../../shared/tenant/actor.ts';

export interface RawRequest {
  /** Percent-decoded path parameters. */
  params: Readonly<Record<string, string | undefined>>;
  /** The query string as it came, without `?`. */
  query: string;
  /** Lower-case header names. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Origin under which the home is reached, from configuration, never from the Host header. */
  origin: string;
  /** The id the transport already gave this request; a new `req_…` otherwise. */
  requestId?: string;
  /** Called once, and not for public operations. Throws `mc:auth:unauthenticated`. */
  authenticate(): Actor | Promise<Actor>;
  /** Called at most once, after the caller was let in. Throws `mc:request:too-large` as soon as it is certain. */
  readBody(maxBytes: number): Promise<Uint8Array>;
  /** Told how many starts the request stands for when its body says that, by hosts whose other work makes way for starts. */
  standsFor?(starts: number): void;
}

export interface RawResponse {
  status: number;
  /** Lower-case names. `content-length` is left to the transport. */
  headers: Record<string, string>;
  /**
   * A stream is taken at the pace of the caller; one that fails on the way leaves a broken answer, which no caller can take for a whole one. Each chunk belongs to the
   * transport once it is given, as in byte streams of the Web: its memory may be given back when it was sent.
   */
  body: string | Uint8Array | AsyncIterable<Uint8Array>;
}
