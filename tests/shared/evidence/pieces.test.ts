/** Parts that are larger than what a deployed home answers at once, fetched through the operations. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import { fetchPieces } from '../../../cli/client/fetch-pieces.ts';
import { waitForExecution } from '../../../cli/client/wait-for-execution.ts';
import { startHost, type RunningHost } from '../../../cli/host/start-host.ts';
import type { Answer } from '../../../cli/client/http-transport.ts';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const slowMs = 120_000;

/** Every line goes, and a commitment of 32 random bytes stands in its place: nothing of that is compressed. */
const lines = 60_000;

describe('a part that is larger than an answer of a deployed home', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mc-pieces-'));
  let host: RunningHost;
  let client: MaestroClient;
  let id: string;

  const get = (query: string): Promise<Response> =>
    fetch(`${host.url}/api/executions/${id}/disclosure.tgz?${query}`, { headers: { authorization: `Bearer ${host.token}` } });

  beforeAll(async () => {
    const log = Array.from({ length: lines }, (_, at) => ({ at, stream: 'stdout' as const, text: `n${at}` }));
    const runner = new SimulatedRunner(() => ({ result: { kind: 'succeeded', outputs: {}, usage: { wallMs: 1 } }, log }));
    host = await startHost({ port: 0, dataDir: join(folder, 'data'), isAnnounced: false, isVolumeEncrypted: true, runner });
    client = new MaestroClient(host);
    const { workflow } = await client.createWorkflow(
      `name: big\nversion: 1.0.0\ndataClass: pii\ntasks: [{ id: a, uses: 'pkg:demo/echo@1.0.0' }]\n`,
    );
    await client.publishWorkflow(workflow.id);
    ({ id } = await waitForExecution(client, (await client.startExecution({ workflow: 'big' })).id, { timeoutMs: 60_000 }));
  }, slowMs);
  afterAll(async () => {
    await host.close();
    rmSync(folder, { recursive: true, force: true });
  }, slowMs);

  test(
    'comes in pieces that put together are the part, none of them larger than was asked for',
    async () => {
      const whole = Buffer.from(await (await get('part=2')).arrayBuffer());
      const first = await get('part=2&length=1000000');
      expect(first.headers.get('x-disclosure-part-bytes')).toBe(String(whole.length));
      const second = await get(`part=2&offset=1000000`);
      const [head, tail] = [Buffer.from(await first.arrayBuffer()), Buffer.from(await second.arrayBuffer())];
      expect(head).toHaveLength(1_000_000);
      expect(Buffer.concat([head, tail]).equals(whole)).toBe(true);
      expect((await client.getDisclosurePart(id, 2)).bytes).toHaveLength(whole.length);
      // Otherwise the test shows nothing: a Lambda answers 6 MB, and bytes go out as base64.
      expect(whole.length).toBeGreaterThan(2_000_000);
      expect(Buffer.from(await (await get(`part=2&offset=${whole.length}&length=5`)).arrayBuffer())).toHaveLength(0);
    },
    slowMs,
  );

  test(
    'and so do its openings, which are larger still',
    async () => {
      const { text } = await client.openWithheld(id, { part: 2, reason: 'an audit' });
      expect(text.length).toBeGreaterThan(4_400_000);
      expect(text.trimEnd().split('\n')).toHaveLength(lines);
    },
    slowMs,
  );
});

describe('pieces', () => {
  const answer = (bytes: Uint8Array<ArrayBuffer>, total: number): Answer => ({
    status: 200,
    text: '',
    bytes,
    headers: new Headers({ 'x-disclosure-parts': '3', 'x-disclosure-part-bytes': String(total) }),
  });

  test('are asked for until there are as many bytes as the part has', async () => {
    const content = new TextEncoder().encode('0123456789');
    const asked: number[] = [];
    const { bytes, parts } = await fetchPieces(async ({ offset }) => {
      asked.push(offset);
      return answer(content.slice(offset, offset + 4), content.length);
    });
    expect([new TextDecoder().decode(bytes), parts, asked]).toEqual(['0123456789', 3, [0, 4, 8]]);
  });

  test('that end too early, or have no size, are refused and not asked for again and again', async () => {
    await expect(fetchPieces(async () => answer(new Uint8Array(0), 5))).rejects.toThrow();
    await expect(fetchPieces(async () => ({ ...answer(new Uint8Array(5), 5), headers: new Headers() }))).rejects.toThrow();
  });
});
