/** DynamoDB on loopback as far as reading by key, or by the beginning of one, goes, for functions that are tested through their real wiring. Writes succeed and change nothing. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { marshallFields } from '../../shared/aws/dynamo-item.ts';
import type { Item } from '../../shared/port/table.ts';

const KeyAttributes = z.object({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) });
const GetItem = z.object({ Key: KeyAttributes });
/** As the table port asks for the items of a partition whose sort keys begin so. */
const Query = z.object({
  KeyConditionExpression: z.literal('#n0 = :v0 AND begins_with(#n1, :v1)'),
  ExpressionAttributeValues: z.object({ ':v0': z.object({ S: z.string() }), ':v1': z.object({ S: z.string() }) }),
});
const BatchGetItem = z.object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(KeyAttributes) })) });

/** Answers reads of these items; its address is what `AWS_ENDPOINT_URL` is to be. */
export async function startLoopbackDynamo(items: readonly Item[]): Promise<{ url: string; server: Server }> {
  const find = ({ pk, sk }: z.infer<typeof KeyAttributes>): object[] =>
    items.filter((item) => item.pk === pk.S && item.sk === sk.S).map((item) => marshallFields(item));
  const answerTo = (action: string | undefined, body: unknown): object => {
    if (action === 'GetItem') return { Item: find(GetItem.parse(body).Key)[0] };
    if (action === 'TransactWriteItems') return {};
    if (action === 'Query') {
      const { ':v0': pk, ':v1': prefix } = Query.parse(body).ExpressionAttributeValues;
      return { Items: items.filter((item) => item.pk === pk.S && item.sk.startsWith(prefix.S)).map((item) => marshallFields(item)) };
    }
    const tables = Object.entries(BatchGetItem.parse(body).RequestItems);
    return { Responses: Object.fromEntries(tables.map(([name, { Keys }]) => [name, Keys.flatMap(find)])), UnprocessedKeys: {} };
  };
  const server = createServer((request, response) => {
    const action = String(request.headers['x-amz-target']).split('.')[1];
    void json(request).then((body) =>
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answerTo(action, body))),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
