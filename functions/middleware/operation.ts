/**
 * An operation is one HTTP endpoint as data plus the use case it calls. The same value is mounted by the embedded host, wrapped as a
 * Lambda handler, written into OpenAPI and used to type the client. Operations are made with define-operation.ts, which types `handle`.
 */
import type { z } from 'zod';
import type { ErrorCode } from '../../shared/core/error-catalog/error-catalog.ts';
import type { DenyReason } from '../../shared/decision/decision.ts';
import type { Deps } from '../../shared/port/deps.ts';
import type { Actor, Role } from '../../shared/tenant/actor.ts';

/** How the request body is read. `text` and `bytes` reach the use case as they came, together with their media type. */
export type BodySpec =
  | { kind: 'json'; schema: z.ZodType; required: boolean; maxBytes: number }
  /** `documents` says what the text must hold; the use case itself parses it. */
  | { kind: 'text'; mediaTypes: readonly string[]; maxBytes: number; documents: z.ZodType; example: unknown }
  | { kind: 'bytes'; mediaTypes: readonly string[]; maxBytes: number }
  /** NDJSON, one value of the schema a line; a line is read when the use case asks for it, and a bad one is an error of that line only. */
  | { kind: 'lines'; schema: z.ZodType; maxBytes: number; maxLines: number; maxLineBytes: number; example: string };

export interface ResponseSpec {
  description: string;
  /** Absent for answers without a JSON body. */
  schema?: z.ZodType;
  mediaType?: string;
  /** Present for NDJSON: `schema` is that of a line. */
  example?: string;
  /** Further media types of the same status, with what they hold. */
  alternatives?: Readonly<Record<string, z.ZodType>>;
  /** Header names and what they mean. */
  headers?: Readonly<Record<string, string>>;
  /** Operations that take the `id` of the answer as their path parameter. */
  leadsTo?: readonly string[];
}

/** What a handler sees. `params`, `query` and `body` have passed their schemas. */
export interface RequestContext<P = Record<string, string>, Q = Record<string, string>, B = undefined, A = Actor> {
  deps: Deps;
  actor: A;
  params: P;
  query: Q;
  body: B;
  /** Media type of the body, lower case and without parameters; the empty string when there is none. */
  mediaType: string;
  /** Present only for operations with `idempotencyKey: true` and a caller who sent the header. */
  idempotencyKey?: string;
  requestId: string;
  /** Origin under which the home is reached, without a trailing slash. */
  origin: string;
}

interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
}

/** A denial as an answer: every reason, and the decision that has them whole. */
export interface Denied {
  denied: readonly DenyReason[];
  decisionId: string;
  detail: string;
}

/**
 * What an operation answers: `json` is serialised, `bytes` goes out as it is, `stream` as it is made and at the pace of the caller (its chunks are given away), `denied`
 * becomes the 403 problem with its reasons.
 */
export type Reply =
  | (Answer & { json: unknown })
  | (Answer & { bytes: Uint8Array | string; mediaType: string })
  | (Answer & { stream: AsyncIterable<Uint8Array>; mediaType: string })
  | Denied;

/** One request of an operation that stands for several. */
export interface DocumentedRequest {
  id: string;
  path: string;
  summary: string;
  description: string;
  params: z.ZodObject;
  problems: readonly ErrorCode[];
}

export interface Operation {
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{name}` marks a path parameter. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  /** Roles that may call it, or `public` for no token at all. */
  roles: 'public' | readonly Role[];
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: BodySpec;
  /** Whether `Idempotency-Key` is honoured. */
  idempotencyKey?: boolean;
  responses: Readonly<Record<number, ResponseSpec>>;
  /** Codes of the use case; what the pipeline itself may answer (400, 401, 413 and so on) is added by functions/openapi. */
  problems?: readonly ErrorCode[];
  /**
   * How callers see it, where that is more than one request: a gateway cannot route `{id}:cancel`, so one operation takes the whole path part, and the
   * documentation shows each request that it stands for.
   */
  documentedAs?: readonly DocumentedRequest[];
  /** Served by the host itself and not part of the documented interface. */
  isHidden?: boolean;
  handle(context: RequestContext<never, never, never, never>): Promise<Reply>;
}
