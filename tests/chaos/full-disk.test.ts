import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

/** A file system in memory that only this process and its children see; it ends with them. */
const inside = ['--user', '--map-root-user', '--mount', '--', 'sh', '-c'];
const mount = 'mount -t tmpfs -o size=48m none "$1"';
const scenario = fileURLToPath(new URL('./full-disk-scenario.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mc-full-'));

function canMount(): boolean {
  try {
    execFileSync('unshare', [...inside, mount, 'sh', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // Not Linux, or no namespaces for this user.
  }
}

// Skipped where a test may not have a file system of its own.
(canMount() ? test : test.skip)(
  'a home whose disk fills up says so, starts nothing, and ends what was running when there is room again',
  async () => {
    const command = `${mount} && exec "$2" "$3" "$1"`;
    const { stdout } = await promisify(execFile)('unshare', [...inside, command, 'sh', folder, process.execPath, scenario]);
    rmSync(folder, { recursive: true });
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      whenFull: { status: 503, code: 'mc:store:full' },
      refused: 'mc:store:full',
      stateWhenFull: 'running',
      states: ['succeeded'],
      whenFree: { status: 200 },
    });
    expect([[null], ['store', null]]).toContainEqual(report['failures']);
  },
  90_000,
);
