/** A home in this process, and the command line on it: every command a process of its own, as a user or a script runs it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { startHost, type HostOptions, type RunningHost } from '../../../cli/host/start-host.ts';
import { runCli, type CliOptions, type CliResult } from './run-cli.ts';

export interface CliHome {
  host: RunningHost;
  /** Where commands run, beside the data of the home. */
  folder: string;
  /** The path of a file in that folder. */
  file(name: string): string;
  run(args: readonly string[], options?: Pick<CliOptions, 'env' | 'stdin'>): Promise<CliResult>;
  maestro(...args: string[]): Promise<CliResult>;
  /** As maestro; fails unless the command exits with 0. */
  done(...args: string[]): Promise<CliResult>;
  close(): Promise<void>;
}

export async function openCliHome(options: Partial<HostOptions> = {}): Promise<CliHome> {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-cli-'));
  const dataDir = join(folder, 'data');
  const host = await startHost({ port: 0, dataDir, isAnnounced: false, ...options });
  const run: CliHome['run'] = (args, { env, ...more } = {}) =>
    runCli(args, { cwd: folder, env: { MC_DATA_DIR: dataDir, ...env }, ...more });
  return {
    host,
    folder,
    file: (name) => join(folder, name),
    run,
    maestro: (...args) => run(args),
    done: async (...args) => {
      const result = await run(args);
      expect([args, result]).toEqual([args, expect.objectContaining({ code: 0 })]);
      return result;
    },
    close: async () => {
      await host.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
