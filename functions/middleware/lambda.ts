/**
 * An operation as a Lambda behind API Gateway (HTTP API, payload 2.0). Only translates: the token was verified by the API's JWT authorizer,
 * and every rule is in handle-request.ts.
 */
import { z } from 'zod';
import { McError } from '../../shared/core/errors.ts';
import { actorFromClaims } from './actor-claims.ts';
import { handleRequest } from './handle-request.ts';
import { lazyLambda, type LambdaHandler } from './lazy-lambda.ts';
import type { Operation } from './operation.ts';
import type { RawRequest, RawResponse } from './raw-request.ts';
import { renderError } from './render-response.ts';
import { withTokenRoles } from './token-roles.ts';

const HttpEvent = z.object({
  rawQueryString: z.string().nullish(),
  headers: z.record(z.string(), z.string()),
  pathParameters: z.record(z.string(), z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({
    domainName: z.string(),
    requestId: z.string(),
    authorizer: z.object({ jwt: z.object({ claims: z.unknown() }) }).optional(),
  }),
});
type HttpEvent = z.infer<typeof HttpEvent>;

/** The handler of an operation; `handler` of every file in functions/http. */
export function lambda(operation: Operation): LambdaHandler {
  return lazyLambda(async (deps, event) => {
    const raw = rawRequest(HttpEvent.parse(event));
    const response = await handleRequest(operation, deps, raw);
    try {
      return await answerOf(response);
    } catch (error) {
      // An answer that is too large, or a stream that breaks off, is found out only here.
      const place = { requestId: raw.requestId ?? '', origin: raw.origin };
      return answerOf(renderError(error, place, deps.logger, operation.id));
    }
  });
}

function rawRequest(event: HttpEvent): RawRequest {
  const { requestContext, isBase64Encoded } = event;
  const headers = Object.fromEntries(Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    params: Object.fromEntries(Object.entries(event.pathParameters ?? {}).map(([name, value]) => [name, decoded(value)])),
    query: event.rawQueryString ?? '',
    headers,
    // The name API Gateway was reached under: its own or a custom domain of this account, never another Host header.
    origin: `https://${requestContext.domainName}`,
    requestId: requestContext.requestId,
    authenticate: () => actorFromClaims(withTokenRoles(requestContext.authorizer?.jwt.claims, headers['authorization'])),
    readBody: async (maxBytes) => {
      const bytes = Buffer.from(event.body ?? '', isBase64Encoded ? 'base64' : 'utf8');
      if (bytes.length > maxBytes) {
        throw new McError('mc:request:too-large', `The body has ${bytes.length} bytes; at most ${maxBytes} are allowed here.`);
      }
      return bytes;
    },
  };
}

/** API Gateway hands some parameters over percent-encoded. None of ours may hold `%`, so decoding twice cannot change one. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // Not an encoding at all: the schema of the parameter says what is wrong with it.
  }
}

/** A function answers at most 6 MB (6,291,556 bytes), with its headers, and bytes go out as base64, which is a third more. */
const maxAnswerBytes = 4.4 * 1024 * 1024;
/** Of a text as the function answers it: as a string of JSON, so that a quote of a body that is JSON takes two bytes. */
const maxTextBytes = 6_000_000;
/** The most that one UTF-16 unit takes there (`\u0007`). */
const escapedBytes = 6;

function tooLarge(bytes: number): McError {
  return new McError('mc:answer:too-large', `The answer has more than the ${bytes} bytes that this home can give at once.`);
}

/** Most are so short that they need not be measured. */
function isTooLong(text: string): boolean {
  return text.length * escapedBytes > maxTextBytes && Buffer.byteLength(JSON.stringify(text)) > maxTextBytes;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function answerOf({ status, headers, body: given }: RawResponse): Promise<Record<string, unknown>> {
  const body = typeof given === 'string' || given instanceof Uint8Array ? given : await collect(given);
  const isText = typeof body === 'string';
  if (isText && isTooLong(body)) throw tooLarge(maxTextBytes);
  if (!isText && body.byteLength > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
  return { statusCode: status, headers, body: isText ? body : Buffer.from(body).toString('base64'), isBase64Encoded: !isText };
}
