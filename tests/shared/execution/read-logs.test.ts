/** How a log is read in pages, whatever its lines hold. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readLogs, type LogPage } from '../../../shared/execution/read/read-logs.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine();
}, 60_000);
afterEach(async () => engine.close());

const manifest = `name: loud
version: 1.0.0
tasks:
  - { id: a, uses: 'pkg:demo/echo@1.0.0' }
  - { id: b, uses: 'pkg:demo/echo@1.0.0', needs: [a] }
outputs: {}
`;

/** The pages of a run whose tasks printed these lines. */
async function pagesOf(logs: Record<string, string[]>): Promise<LogPage[]> {
  engine.simulate((spec) => ({
    result: { kind: 'succeeded', outputs: {}, usage: { wallMs: 1 } },
    log: (logs[spec.taskId] ?? []).map((text) => ({ at: Date.now(), stream: 'stdout' as const, text })),
  }));
  await engine.publish(manifest);
  const { id } = await engine.start({ workflow: 'loud' });
  expect(await engine.finish(id)).toMatchObject({ state: 'succeeded' });
  const pages: LogPage[] = [];
  for (let cursor: string | undefined; pages.at(-1)?.done !== true; cursor = pages.at(-1)?.cursor)
    pages.push(await readLogs(engine.home.deps, engine.actor, { id, ...(cursor !== undefined && { cursor }) }));
  return pages;
}

const numbered = (count: number, text: string): string[] => Array.from({ length: count }, (_, n) => `${String(n)} ${text}`);
const textsOf = (pages: readonly LogPage[]): string[] => pages.flatMap(({ lines }) => lines.map(({ text }) => text));

// As many lines as make three pages.
test.each([
  ['letters', 'x', 450],
  ['quotes', '"', 225],
  ['control characters', '\u0007', 75],
  ['letters of three bytes', '漢', 150],
])('a page of lines of %s fits into what a function on AWS answers, and every line is read once', async (_, character, count) => {
  const logs = { a: numbered(count, character.repeat(8_000)), b: numbered(3, character.repeat(8_000)) };
  const pages = await pagesOf(logs);
  expect(textsOf(pages)).toEqual([...logs.a, ...logs.b]);
  const answers = pages.map((page) => JSON.stringify(page));
  expect(Math.max(...answers.map((text) => Buffer.byteLength(JSON.stringify(text))))).toBeLessThan(6_000_000);
  expect(Math.max(...answers.map((text) => Buffer.byteLength(text)))).toBeLessThan(1_600_000);
  // Nearly full, all but the last: a page goes on from the log of one task into that of the next.
  expect(Math.min(...answers.slice(0, -1).map((text) => Buffer.byteLength(text)))).toBeGreaterThan(1_400_000);
});

test('short lines come a thousand a page', async () => {
  const logs = { a: numbered(1_500, 'short'), b: numbered(700, 'short') };
  const pages = await pagesOf(logs);
  expect(pages.map(({ lines }) => lines.length)).toEqual([1_000, 1_000, 200]);
  expect(textsOf(pages)).toEqual([...logs.a, ...logs.b]);
});

test('a line that is longer than a page is a page of its own', async () => {
  const logs = { a: ['first', 'x'.repeat(1_600_000), 'last'], b: ['y'.repeat(1_600_000), 'end'] };
  const pages = await pagesOf(logs);
  expect(pages.map(({ lines }) => lines.map(({ text }) => text.length))).toEqual([[5], [1_600_000], [4], [1_600_000], [3]]);
  expect(textsOf(pages)).toEqual([...logs.a, ...logs.b]);
});

test('attempts are read in their order, each once, when the clock went back between them', async () => {
  let attempts = 0;
  engine.simulate(() => {
    const attempt = ++attempts;
    // What the first attempt printed fills more than a page.
    const log = numbered(attempt === 1 ? 1_500 : 3, `of ${String(attempt)}`).map((text) => ({
      at: Date.now(),
      stream: 'stdout' as const,
      text,
    }));
    const usage = { wallMs: 1 };
    if (attempt === 2) return { result: { kind: 'succeeded', outputs: {}, usage }, log };
    return { result: { kind: 'failed', failure: 'error', message: 'once more', retryable: true, usage }, log };
  });
  await engine.publish("{ name: again, version: 1.0.0, tasks: [{ id: a, uses: 'pkg:demo/echo@1.0.0', retries: 1 }] }");
  const { id } = await engine.start({ workflow: 'again' });
  await engine.finish(id);
  const { table } = engine.home.deps;
  const key = { pk: `T#acme#X#${id}`, sk: 'TASK#a' };
  const row = await table.get(key);
  const stored = row?.['attempts'] as { endedAt: string }[];
  expect(stored).toHaveLength(2);
  const back = stored.map((attempt, index) => ({ ...attempt, endedAt: `2026-01-01T00:00:0${index === 0 ? '5' : '1'}.000Z` }));
  await table.write([{ kind: 'update', key, set: { attempts: back } }]);
  const pages: LogPage[] = [];
  for (let cursor: string | undefined; pages.at(-1)?.done !== true && pages.length < 9; cursor = pages.at(-1)?.cursor)
    pages.push(await readLogs(engine.home.deps, engine.actor, { id, ...(cursor !== undefined && { cursor }) }));
  expect(textsOf(pages)).toEqual([...numbered(1_500, 'of 1'), ...numbered(3, 'of 2')]);
});
