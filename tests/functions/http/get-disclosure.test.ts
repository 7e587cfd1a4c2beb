import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { operation } from '../../../functions/http/evidence/get-disclosure.ts';
import { handleRequest } from '../../../functions/middleware/handle-request.ts';
import type { RawResponse } from '../../../functions/middleware/raw-request.ts';
import { buildRawRequest, problemIn } from '../../support/build-raw-request.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

let home: AgedHome;
let id: string;
beforeAll(async () => {
  home = await openAgedHome();
  ({ id } = await home.run());
}, 60_000);
afterAll(() => home.close());

const get = (query: string): Promise<RawResponse> => handleRequest(operation, home.home.deps, buildRawRequest({ params: { id }, query }));
const bytesOf = async ({ body }: RawResponse): Promise<Buffer> =>
  typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : buffer(body);

test('the parts, and the pieces of a part, are the pack', async () => {
  const whole = await get('');
  const parts = Number(whole.headers['x-disclosure-parts']);
  expect(parts).toBeGreaterThan(1);
  const first = await bytesOf(await get('part=0'));
  const head = await get('part=0&length=100');
  expect(head.headers['x-disclosure-part-bytes']).toBe(String(first.byteLength));
  const pieces = await Promise.all([bytesOf(head), get('part=0&offset=100').then(bytesOf)]);
  expect(Buffer.concat(pieces).equals(first)).toBe(true);
  const rest = await Promise.all(Array.from({ length: parts - 1 }, async (_, index) => bytesOf(await get(`part=${index + 1}`))));
  expect(Buffer.concat([first, ...rest]).equals(await bytesOf(whole))).toBe(true);
});

test.each(['offset=1', 'length=1', 'offset=1&length=1'])(
  '%s without a part is refused, and not answered with everything',
  async (query) => {
    expect(problemIn(await get(query))).toMatchObject({ code: 'mc:request:invalid', status: 400 });
  },
);
