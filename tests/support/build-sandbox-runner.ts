import { mkdtempSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SandboxRunner, type SandboxRunnerOptions } from '../../runner/sandbox/sandbox-runner.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';

export interface TestRunner {
  runner: SandboxRunner;
  folder: string;
  /** What attempts left in the folder of the runner. */
  leftovers: () => Promise<string[]>;
  remove: () => Promise<void>;
}

/** A sandbox runner on a temporary folder of its own. */
export function buildSandboxRunner(options: Partial<SandboxRunnerOptions> = {}): TestRunner {
  const folder = mkdtempSync(join(tmpdir(), 'mc-runner-'));
  return {
    runner: new SandboxRunner({ clock: systemClock, folder, ...options }),
    folder,
    leftovers: () => readdir(folder),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
