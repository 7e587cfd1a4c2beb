import { describe, expect, test } from '@jest/globals';
import { defineOperation } from '../../../functions/middleware/define-operation.ts';
import { lambda } from '../../../functions/middleware/lambda.ts';
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

async function answer(stream: AsyncIterable<Uint8Array>): Promise<{ statusCode: number; body: string; isBase64Encoded: boolean }> {
  const operation = defineOperation({ ...common, handle: async () => ({ status: 200, stream, mediaType: 'application/gzip' }) });
  return (await lambda(operation)(event, { awsRequestId: '1' })) as Awaited<ReturnType<typeof answer>>; // What API Gateway reads.
}

async function* pieces(sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield Buffer.alloc(size, 1);
}

describe('a streamed answer behind API Gateway', () => {
  test('goes out whole, as base64', async () => {
    const { statusCode, body, isBase64Encoded } = await answer(pieces([1_000, 2_000]));
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
    const { statusCode, body } = await answer(endless());
    expect([statusCode, JSON.parse(body), pulled]).toMatchObject([413, { code: 'mc:answer:too-large', instance: 'request-1' }, 5]);
  });

  test('that breaks becomes the problem that it broke with', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      throw new McError('mc:store:unavailable', 'the store does not answer');
    }
    expect(await answer(broken())).toMatchObject({ statusCode: 503, isBase64Encoded: false });
  });
});
