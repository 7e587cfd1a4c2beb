/**
 * An operation is one HTTP endpoint as data plus the use case it calls. The same value is mounted by the embedded host, wrapped as a
 * Lambda handler, written into OpenAPI and used to type the client.
 */
import type { z } from 'zod';
import type { Deps } from '../../shared/port/deps.ts';
import type { Actor, Role } from '../../shared/tenant/actor.ts';

/** How the request body is read. `text` and `bytes` reach the use case as they came. */
export type BodySpec =
  | { kind: 'json'; schema: z.ZodType; required: boolean; maxBytes: number }
  | { kind: 'text'; mediaTypes: readonly string[]; maxBytes: number }
  | { kind: 'bytes'; mediaTypes: readonly string[]; maxBytes: number };

export interface ResponseSpec {
  description: string;
  /** Absent for answers without a JSON body. */
  schema?: z.ZodType;
  mediaType?: string;
}

export interface RequestContext<P = Record<string, string>, Q = Record<string, string>, B = undefined> {
  deps: Deps;
  actor: Actor;
  params: P;
  query: Q;
  body: B;
  /** Lower-case header names. */
  headers: Readonly<Record<string, string | undefined>>;
  requestId: string;
  /** Origin under which the caller reached us, without a trailing slash. */
  origin: string;
}

/** What an operation answers; `json` is serialised, `bytes` goes out as it is. */
export type Reply = { status: number; headers?: Readonly<Record<string, string>> } & ({ json: unknown } | { bytes: Uint8Array | string; mediaType: string });

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
  handle(context: RequestContext<never, never, never>): Promise<Reply>;
}
