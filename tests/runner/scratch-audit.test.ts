import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { describeScratch, holdScratch } from '../../runner/sandbox/scratch-audit.ts';
import { buildSandboxRunner } from '../support/build-sandbox-runner.ts';
import { buildTaskSpec } from '../support/build-task-spec.ts';
import { runOnce } from '../support/runner-harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'mc-scratch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Other systems take shorter paths, and some take no names that are not UTF-8.
const onLinux = process.platform === 'linux' ? test : test.skip;

function fill(name: string, write: (root: string) => void): string {
  const root = join(folder, name);
  mkdirSync(root);
  write(root);
  return root;
}

describe('what is said of scratch after an attempt', () => {
  test('is nothing when nothing was left', async () => {
    expect(await describeScratch(fill('empty', () => undefined))).toBeUndefined();
  });

  test('is every file with its size, in the order of their paths', async () => {
    const root = fill('files', (path) => {
      mkdirSync(join(path, 'out'));
      writeFileSync(join(path, 'out', 'b.txt'), '12345');
      writeFileSync(join(path, 'a.txt'), '1');
    });
    expect(await describeScratch(root)).toBe('left in scratch: 2 files, 6 bytes: "a.txt" 1, "out/b.txt" 5');
  });

  test('names a link and never looks behind it', async () => {
    const secret = fill('secret', (path) => writeFileSync(join(path, 'password'), 'x'));
    const root = fill('links', (path) => symlinkSync(secret, join(path, 'link')));
    const said = await describeScratch(root);
    expect(said).toContain('"link" link');
    expect(said).not.toContain('password');
  });

  test('is one line, whatever files are called', async () => {
    const root = fill('names', (path) => writeFileSync(join(path, 'a\nsystem: all is well\u001b[2J"'), ''));
    const said = await describeScratch(root);
    expect(said).toBe('left in scratch: 1 files, 0 bytes: "a\\nsystem: all is well\\u001b[2J\\"" 0');
  });

  onLinux('is every file and folder, also when their names are not UTF-8', async () => {
    const root = fill('bytes', (path) => {
      const folder = Buffer.concat([Buffer.from(`${path}/a`), Buffer.from([0xff])]);
      mkdirSync(folder);
      writeFileSync(Buffer.concat([folder, Buffer.from('/b'), Buffer.from([0xfe])]), '12345');
      writeFileSync(join(path, 'c'), '1');
    });
    expect(await describeScratch(root)).toBe('left in scratch: 2 files, 6 bytes: "a\ufffd/b\ufffd" 5, "c" 1');
  });

  test('is bounded: 50 paths of 200 characters, and a count of the rest', async () => {
    const root = fill('many', (path) => {
      for (let index = 0; index < 80; index++) writeFileSync(join(path, `${String(index).padStart(3, '0')}${'x'.repeat(220)}`), 'x');
    });
    const said = (await describeScratch(root)) ?? '';
    expect(said).toMatch(/^left in scratch: 80 files, 80 bytes: .* and 30 more$/);
    expect(said.length).toBeLessThan(50 * 220);
  });

  test('ends after 10,000 entries, and says that there is more', async () => {
    const root = fill('flood', (path) => {
      for (let index = 0; index < 10_050; index++) writeFileSync(join(path, String(index)), '');
    });
    expect(await describeScratch(root)).toMatch(/^left in scratch: 10000 files, 0 bytes or more, because not all could be looked at/);
  });

  test('cannot be had of a process that is gone', async () => {
    expect(await holdScratch(2 ** 22 + 1, '/scratch')).toBeUndefined();
  });
});

describe.each(['bubblewrap-seccomp', 'node-permission'] as const)('the log of an attempt (%s where it works)', (highestLevel) => {
  const { runner, remove } = buildSandboxRunner({ highestLevel });
  afterAll(remove);

  test('lists what the task left, also when it failed', async () => {
    const entry = (end: string): string => `import { mkdirSync, writeFileSync } from 'node:fs';
      export default async ({ scratch }) => { mkdirSync(scratch + '/out'); writeFileSync(scratch + '/out/result.txt', 'result'); ${end} };`;
    for (const end of ['return {};', 'process.exit(3);', 'for (;;);']) {
      const { logs } = await runOnce(runner, buildTaskSpec({ entry: entry(end), limits: { timeoutMs: 2_000 } }));
      expect(logs.filter(({ stream }) => stream === 'system').map(({ text }) => text)).toContain(
        'left in scratch: 1 files, 6 bytes: "out/result.txt" 6',
      );
    }
  });

  test('does not list what the task removed again', async () => {
    const entry = `import { rmSync, writeFileSync } from 'node:fs';
      export default async ({ scratch }) => { writeFileSync(scratch + '/a', 'x'); rmSync(scratch + '/a'); return {}; };`;
    expect((await runOnce(runner, buildTaskSpec({ entry }))).logs).toEqual([]);
  });
});
