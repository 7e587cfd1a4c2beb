import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const urlOf = (path: string): string => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);
/** A home of its own whose spares wait. */
const hostScript = (level: string, folder: string): string => `
  import { buildTaskSpec } from ${urlOf('tests/support/build-task-spec.ts')};
  import { SandboxRunner } from ${urlOf('runner/sandbox/sandbox-runner.ts')};
  import { systemClock } from ${urlOf('shared/embedded/system-clock.ts')};
  const warm = { size: 1, first: buildTaskSpec().limits, hasRoom: () => true };
  const runner = new SandboxRunner({ clock: systemClock, folder: ${JSON.stringify(folder)}, highestLevel: ${JSON.stringify(level)}, warm });
  await runner.level();
  while (await runner.warmWaiting() === 0) await new Promise((done) => setTimeout(done, 20));
  process.stdout.write('waiting');
  setInterval(() => {}, 1000);`;

/** Processes with this folder on their command line. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/task-`);
    } catch {
      return false; // It ended meanwhile.
    }
  });
}

(process.platform === 'linux' ? describe : describe.skip)('a home that is killed', () => {
  test.each(['bubblewrap-seccomp', 'bubblewrap', 'node-permission'])(
    'leaves no spare, and its next start no folder (%s where it works)',
    async (level) => {
      const folder = mkdtempSync(join(tmpdir(), 'mc-host-'));
      const cwd = fileURLToPath(new URL('../../..', import.meta.url));
      const script = ['--input-type=module', '-e', hostScript(level, folder)];
      const host = spawn(process.execPath, script, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((up) => host.stdout.once('data', up));
      expect(processesIn(folder).length).toBeGreaterThan(0);
      expect(readdirSync(folder)).toHaveLength(1);
      host.kill('SIGKILL');
      while (processesIn(folder).length > 0) await delay(10);
      const next = spawn(process.execPath, script, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((up) => next.stdout.once('data', up));
      expect(readdirSync(folder)).toHaveLength(1);
      next.kill('SIGKILL');
      while (processesIn(folder).length > 0) await delay(10);
      rmSync(folder, { recursive: true });
      expect(existsSync(folder)).toBe(false);
    },
  );
});
