import { afterAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { slowFsync, type Command } from '../../../scripts/bench/slow-fsync.ts';

const delayMs = 100;
const slow = slowFsync(delayMs);
const folder = mkdtempSync(join(tmpdir(), 'mc-slow-fsync-test-'));
afterAll(() => {
  if (!('missing' in slow)) slow.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Syncs a file five times in one thread, then eight times in four, and says how long each took together. */
const program = `
  const fs = require('node:fs');
  const file = fs.openSync(process.argv[1], 'w');
  const beganAt = performance.now();
  for (let count = 0; count < 5; count++) fs[count % 2 ? 'fsyncSync' : 'fdatasyncSync'](file);
  const inTurnMs = performance.now() - beganAt;
  const sideBySide = Array.from({ length: 8 }, () => new Promise((resolve) => fs.fsync(file, resolve)));
  Promise.all(sideBySide).then(() => console.log(JSON.stringify({ inTurnMs, sideBySideMs: performance.now() - beganAt - inTurnMs })));
`;
const run = ({ program: path, args }: Command): ReturnType<typeof spawnSync> => spawnSync(path, args, { encoding: 'utf8' });

// Without a C compiler, or in a container that forbids it, nothing can be slowed down; the benchmark says so.
('missing' in slow ? describe.skip : describe)('slow syncs', () => {
  if ('missing' in slow) return;

  test('take that much longer each, those of several threads side by side, and are counted', () => {
    const before = slow.syncs();
    const { stdout } = run(slow.wrap({ program: process.execPath, args: ['-e', program, join(folder, 'a')] }));
    const { inTurnMs, sideBySideMs } = JSON.parse(String(stdout)) as { inTurnMs: number; sideBySideMs: number };
    expect(inTurnMs).toBeGreaterThanOrEqual(5 * delayMs);
    expect(sideBySideMs).toBeGreaterThanOrEqual(2 * delayMs);
    expect(sideBySideMs).toBeLessThan(8 * delayMs);
    expect(slow.syncs() - before).toBe(13);
  });

  test('reach what a program starts', () => {
    const before = slow.syncs();
    run(slow.wrap({ program: 'sh', args: ['-c', `echo x > ${join(folder, 'b')}; sync ${join(folder, 'b')}; true`] }));
    expect(slow.syncs() - before).toBe(1);
  });

  test('leave the end of a program as it is', () => {
    expect(run(slow.wrap({ program: 'sh', args: ['-c', 'exit 7'] })).status).toBe(7);
    expect(run(slow.wrap({ program: join(folder, 'no-such-program'), args: [] })).status).toBe(125);
  });
});

test('a machine without a C compiler is told from one whose syncs are slow', () => {
  const compiler = join(folder, 'cc');
  expect(slowFsync(1, compiler)).toEqual({ missing: `there is no C compiler (${compiler})` });
});
