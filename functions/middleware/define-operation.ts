/**
 * Makes operations: the types of `params`, `query`, `body` and `actor` that `handle` sees follow from the schemas beside it and from the row of
 * the access table, so a handler needs no cast and cannot read what was not declared.
 */
import type { z } from 'zod';
import { operationRoles, type OperationId } from './access-table.ts';
import type { ReadLine } from './body/read-lines.ts';
import type { BodySpec, Operation, Reply, RequestContext } from './operation.ts';
import type { Actor } from '../../shared/tenant/actor.ts';

type Parsed<S extends z.ZodObject | undefined> = S extends z.ZodObject ? z.output<S> : Record<never, never>;

type BodyOf<B extends BodySpec | undefined> = B extends { kind: 'json'; schema: infer S extends z.ZodType; required: infer R }
  ? R extends true
    ? z.output<S>
    : z.output<S> | undefined
  : B extends { kind: 'text' }
    ? string
    : B extends { kind: 'bytes' }
      ? Uint8Array
      : B extends { kind: 'lines'; schema: infer S extends z.ZodType }
        ? Iterable<ReadLine<z.output<S>>>
        : undefined;

type ActorOf<I extends OperationId> = (typeof operationRoles)[I] extends 'public' ? undefined : Actor;

interface Definition<
  I extends OperationId,
  P extends z.ZodObject | undefined,
  Q extends z.ZodObject | undefined,
  B extends BodySpec | undefined,
> extends Omit<Operation, 'handle' | 'id' | 'roles' | 'params' | 'query' | 'body'> {
  /** A row of the access table, which says who may call it. */
  id: I;
  params?: P;
  query?: Q;
  body?: B;
  handle(context: RequestContext<Parsed<P>, Parsed<Q>, BodyOf<B>, ActorOf<I>>): Promise<Reply>;
}

export function defineOperation<
  const I extends OperationId,
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  const B extends BodySpec | undefined = undefined,
>(definition: Definition<I, P, Q, B>): Operation {
  const { params, query, body, ...rest } = definition;
  return {
    ...rest,
    roles: operationRoles[definition.id],
    ...(params ? { params } : {}),
    ...(query ? { query } : {}),
    ...(body ? { body } : {}),
  };
}
