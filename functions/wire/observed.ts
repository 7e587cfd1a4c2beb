import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';

/** Puts an X-Ray segment around a handler. Answers are not captured: they hold data of tenants. */
export function observed(handle: (event: unknown) => Promise<unknown>): (event: unknown, context: unknown) => Promise<unknown> {
  const handler = middy()
    .use(captureLambdaHandler(new Tracer(), { captureResponse: false }))
    .handler((event: unknown) => handle(event));
  // The runtime's own contract: what it passes second is a Context.
  return async (event, context) => handler(event, context as Context) as Promise<unknown>;
}
