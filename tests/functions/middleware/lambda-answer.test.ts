import { describe, expect, test } from '@jest/globals';
import { defineOperation } from '../../../functions/middleware/define-operation.ts';
import { lambda } from '../../../functions/middleware/lambda.ts';
import type { Reply } from '../../../functions/middleware/operation.ts';
import { McError } from '../../../shared/core/errors.ts';
import { setAwsEnvironment } from '../aws-environment.ts';

setAwsEnvironment();

const event = {
  version: '2.0',
  rawQueryString: '',
  headers: {},
  requestContext: { domainName: 'abc.execute-api.eu-central-1.amazonaws.com', requestId: 'request-1' },
};

const common = {
  id: 'getHealth',
  tag: 'Home',
  summary: 'A test',
  method: 'GET',
  path: '/x',
  responses: { 200: { description: 'Done' } },
} as const;

interface Answer {
  statusCode: number;
  body: string;
  isBase64Encoded: boolean;
}

async function answer(reply: Reply): Promise<Answer> {
  const operation = defineOperation({ ...common, handle: async () => reply });
  return (await lambda(operation)(event, { awsRequestId: '1' })) as Answer; // What API Gateway reads.
}

const streamed = (stream: AsyncIterable<Uint8Array>): Promise<Answer> => answer({ status: 200, stream, mediaType: 'application/gzip' });

async function* pieces(sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield Buffer.alloc(size, 1);
}

describe('a streamed answer behind API Gateway', () => {
  test('goes out whole, as base64', async () => {
    const { statusCode, body, isBase64Encoded } = await streamed(pieces([1_000, 2_000]));
    expect([statusCode, isBase64Encoded, Buffer.from(body, 'base64')]).toEqual([200, true, Buffer.alloc(3_000, 1)]);
  });

  test('of more than a function may answer is refused, without being collected first', async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pulled++;
        yield Buffer.alloc(1_000_000);
      }
    }
    const { statusCode, body } = await streamed(endless());
    expect([statusCode, JSON.parse(body), pulled]).toMatchObject([413, { code: 'mc:answer:too-large', instance: 'request-1' }, 5]);
  });

  test('that breaks becomes the problem that it broke with', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      throw new McError('mc:store:unavailable', 'the store does not answer');
    }
    expect(await streamed(broken())).toMatchObject({ statusCode: 503, isBase64Encoded: false });
  });
});

describe('an answer in JSON behind API Gateway', () => {
  /** What Lambda takes of a function, in bytes of the JSON text that the whole answer becomes. */
  const payloadBytes = 6 * 1024 * 1024 + 100;

  // The same text takes one byte, two, four or seven there: what JSON escapes is escaped once more.
  test.each([
    ['letters', 'x', 5_900_000, 6_100_000],
    ['letters beyond ASCII', 'é', 2_950_000, 3_050_000],
    ['quotes', '"', 1_480_000, 1_520_000],
    ['control characters', '\u0007', 850_000, 870_000],
  ])('of %s goes out as long as Lambda takes it, and is refused beyond', async (_, character, fits, doesNot) => {
    const whole = await answer({ status: 200, json: { text: character.repeat(fits) } });
    expect([whole.statusCode, whole.body]).toEqual([200, JSON.stringify({ text: character.repeat(fits) })]);
    expect(Buffer.byteLength(JSON.stringify(whole))).toBeLessThan(payloadBytes);
    const refused = await answer({ status: 200, json: { text: character.repeat(doesNot) } });
    expect([refused.statusCode, JSON.parse(refused.body)]).toMatchObject([413, { code: 'mc:answer:too-large', instance: 'request-1' }]);
  });
});
