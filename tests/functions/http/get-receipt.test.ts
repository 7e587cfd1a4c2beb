import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { operation } from '../../../functions/http/executions/get-receipt.ts';
import { handleRequest } from '../../../functions/middleware/handle-request.ts';
import type { RawResponse } from '../../../functions/middleware/raw-request.ts';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { bundleMediaType } from '../../../shared/receipt/media-types.ts';
import { IdentityBundle } from '../../../shared/receipt/identity-bundle.ts';
import { setRetention } from '../../../shared/retention/set-retention.ts';
import { buildRawRequest, problemIn } from '../../support/build-raw-request.ts';
import { large, openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';

let home: AgedHome;
let id: string;
beforeAll(async () => {
  home = await openAgedHome();
  ({ id } = await home.run());
}, 60_000);
afterAll(() => home.close());

const get = (query: string): Promise<RawResponse> => handleRequest(operation, home.home.deps, buildRawRequest({ params: { id }, query }));
const textOf = ({ body }: RawResponse): string => Buffer.from(body as Uint8Array | string).toString(); // No stream.

test('is the bundle in the form that was asked for, and its outputs byte for byte as signed', async () => {
  const byKey = await get('');
  expect(byKey).toMatchObject({
    status: 200,
    headers: { 'content-type': bundleMediaType, 'x-receipt-id': expect.stringMatching(/^rcpt_/) },
  });
  const { payload } = Bundle.parse(JSON.parse(textOf(byKey))).dsseEnvelope;
  const byIdentity = await get('form=identity');
  expect(byIdentity.headers['x-receipt-id']).toBe(byKey.headers['x-receipt-id']);
  expect(IdentityBundle.parse(JSON.parse(textOf(byIdentity))).dsseEnvelope.payload).toBe(payload);
  const outputs = await get('part=outputs');
  expect(outputs).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/json', 'x-receipt-id': byKey.headers['x-receipt-id'] },
  });
  expect(JSON.parse(textOf(outputs))).toEqual({ word: large });
  const sha256 = hexOf(digestBytes(Buffer.from(textOf(outputs))));
  const { subject } = z.object({ subject: z.array(z.unknown()) }).parse(JSON.parse(Buffer.from(payload, 'base64').toString()));
  expect(subject[0]).toMatchObject({ name: 'outputs.json', digest: { sha256 } });
});

test('outlives its outputs: those that were purged are gone, and the bundle is the same', async () => {
  const before = textOf(await get(''));
  const { deps } = home.home;
  const days = { succeeded: 400, failed: 400, cancelled: 400 };
  await setRetention(deps, home.actor, { tenant: 'acme', change: { data: days, logs: days, reason: 'a test of purged outputs' } });
  await home.purge(401);
  expect(problemIn(await get('part=outputs'))).toMatchObject({ code: 'mc:execution:purged', status: 410 });
  expect(textOf(await get(''))).toBe(before);
});
