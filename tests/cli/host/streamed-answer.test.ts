import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { defineOperation } from '../../../functions/middleware/define-operation.ts';
import { buildSite, type TestSite } from '../../support/build-site.ts';

const chunkBytes = 64 * 1024;
let pulled = 0;
let hasEnded = false;
/** Whether a body was left of which nothing was taken. */
let isLeft = false;
/** Chunks that were given away. */
let given: Uint8Array[] = [];

async function* chunks(count: number, failAt = Infinity): AsyncGenerator<Uint8Array> {
  try {
    for (let index = 0; index < count; index++) {
      if (index === failAt) throw new Error('the store is gone');
      pulled++;
      const chunk = new Uint8Array(chunkBytes).fill(index);
      given.push(chunk);
      yield chunk;
    }
  } finally {
    hasEnded = true;
  }
}

function untaken(): AsyncIterable<Uint8Array> {
  const each = chunks(1);
  const leave = async (): Promise<IteratorResult<Uint8Array>> => {
    isLeft = pulled === 0;
    return each.return(undefined);
  };
  return { [Symbol.asyncIterator]: () => ({ next: async () => each.next(), return: leave }) };
}

const common = { tag: 'Home', summary: 'A test', method: 'GET', responses: { 200: { description: 'Done' } } } as const;
const streaming = (
  id: 'getHealth' | 'getDocs' | 'getOpenApi' | 'getManifestSchema',
  path: string,
  stream: () => AsyncIterable<Uint8Array>,
): ReturnType<typeof defineOperation> =>
  defineOperation({ ...common, id, path, handle: async () => ({ status: 200, stream: stream(), mediaType: 'application/octet-stream' }) });

let site: TestSite;
beforeAll(async () => {
  site = await buildSite([
    streaming('getHealth', '/whole', () => chunks(40)),
    streaming('getDocs', '/broken', () => chunks(40, 20)),
    streaming('getOpenApi', '/endless', () => chunks(Infinity)),
    streaming('getManifestSchema', '/held', untaken),
  ]);
});
afterAll(() => site.close());
beforeEach(() => {
  pulled = 0;
  hasEnded = false;
  isLeft = false;
  given = [];
});

describe('an answer that is made while it is sent', () => {
  test('arrives whole', async () => {
    const response = await fetch(`${site.url}/whole`);
    expect([response.headers.get('content-type'), response.headers.get('content-length')]).toEqual(['application/octet-stream', null]);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.byteLength).toBe(40 * chunkBytes);
    for (let index = 0; index < 40; index++)
      expect([bytes[index * chunkBytes], bytes[(index + 1) * chunkBytes - 1]]).toEqual([index, index]);
  });

  test('gives the memory of each chunk back when it was sent', async () => {
    await (await fetch(`${site.url}/whole`)).arrayBuffer();
    expect(given.map(({ byteLength }) => byteLength)).toEqual(Array.from({ length: 40 }, () => 0));
  });

  test('that breaks on the way is no whole answer to anybody', async () => {
    const response = await fetch(`${site.url}/broken`);
    await expect(response.arrayBuffer()).rejects.toThrow();
    expect((await fetch(`${site.url}/whole`)).status).toBe(200);
  });

  test('is not made to be thrown away: for HEAD nothing is pulled, and the body is left', async () => {
    expect((await fetch(`${site.url}/whole`, { method: 'HEAD' })).status).toBe(200);
    expect(pulled).toBe(0);
    expect((await fetch(`${site.url}/held`, { method: 'HEAD' })).status).toBe(200);
    expect(isLeft).toBe(true);
  });

  test('waits for a caller who does not read, and stops when that one goes away', async () => {
    const answered = Promise.withResolvers<() => void>();
    get(`${site.url}/endless`, (response) => {
      response.pause();
      answered.resolve(() => response.destroy());
    });
    const leave = await answered.promise;
    await delay(200);
    const held = pulled;
    await delay(200);
    // What the buffers of two sockets take, and no more.
    expect([pulled, held * chunkBytes < 16 * 1024 * 1024]).toEqual([held, true]);
    leave();
    for (let waited = 0; !hasEnded && waited < 5_000; waited += 20) await delay(20);
    expect(hasEnded).toBe(true);
  });
});
