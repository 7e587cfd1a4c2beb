/** A pack takes its logs as it goes: what it holds does not grow with how many there are. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

const slowMs = 120_000;
const logs = 30;
const logBytes = 4 * 1024 * 1024;

let engine: Engine;
let id: string;
/** Logs that the pack has asked the store for. */
let asked = 0;

/** The home, with a store whose logs all have 4 MiB. */
function withLargeLogs({ blobs, ...deps }: Deps, text: (line: number) => string): Deps {
  let log = '';
  for (let line = 0; log.length < logBytes; line++)
    log += `${JSON.stringify({ at: line, stream: 'stdout', text: text(line), taskId: 't0', attempt: 1 })}\n`;
  const large: Deps['blobs'] = {
    put: blobs.put.bind(blobs),
    remove: blobs.remove.bind(blobs),
    find: async (tenant, kind, digest) => {
      if (kind !== 'log') return blobs.find(tenant, kind, digest);
      asked++;
      return new TextEncoder().encode(log);
    },
  };
  return { ...deps, blobs: large };
}

beforeAll(async () => {
  engine = await openEngine();
  engine.simulate((spec) => ({
    result: { kind: 'succeeded', outputs: {}, usage: { wallMs: 1 } },
    log: [{ at: 1, stream: 'stdout', text: spec.taskId }],
  }));
  const tasks = Array.from({ length: logs }, (_, index) => `  - { id: t${index}, uses: 'pkg:demo/echo@1.0.0' }\n`).join('');
  await engine.publish(`name: many\nversion: 1.0.0\ndataClass: internal\ntasks:\n${tasks}`);
  id = (await engine.finish((await engine.start({ workflow: 'many' })).id)).id;
}, slowMs);
afterAll(() => engine.close());

const open = async (deps: Deps): Promise<AsyncIterator<Uint8Array>> => {
  asked = 0;
  return (await openDisclosure(deps, engine.actor, { id })).chunks[Symbol.asyncIterator]();
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a pack of many large logs', () => {
  test(
    'reads no further than its reader has come',
    async () => {
      const chunks = await open(withLargeLogs(engine.home.deps, (line) => `line ${line}`));
      await chunks.next();
      await pause(500);
      expect(asked).toBeLessThanOrEqual(3);
      for (let taken = 0; taken < 12; taken++) await chunks.next();
      await pause(500);
      // Each log is four members or five of a megabyte.
      expect(asked).toBeGreaterThan(1);
      expect(asked).toBeLessThanOrEqual(8);
      await chunks.return?.();
    },
    slowMs,
  );

  // 120 MiB go through; what is given back at once never piles up, and the collector would come at some 64 MiB of it at the earliest.
  test.each<[string, (line: number) => string]>([
    ['something is withheld from', (line) => (line % 50 === 0 ? `to reader-${line}@mail.example.com` : `line ${line} of the import`)],
    ['nothing is withheld from', (line) => `line ${line} of the import`],
  ])(
    'that %s holds some logs at a time',
    async (_, text) => {
      const chunks = await open(withLargeLogs(engine.home.deps, text));
      await chunks.next();
      const before = process.memoryUsage().arrayBuffers;
      let most = 0;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      expect(asked).toBe(logs);
      expect(most).toBeLessThan(48 * 1024 * 1024);
    },
    slowMs,
  );
});
