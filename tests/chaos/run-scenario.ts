import { spawn } from 'node:child_process';
import { bareEnv } from '../support/cli/run-cli.ts';

/** How a process ended, and what it printed. */
interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
}

/** Runs a scenario as a process of its own, which may end by its own hand; code is compiled once for all of them, as the launcher does. */
export async function runScenario(script: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [script, ...args], { env: bareEnv(), stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout }));
  });
}
