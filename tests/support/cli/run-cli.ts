/** Runs the command line as a process of its own, the way a user or a script does. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  /** The Node that runs it; default: the one that runs the tests. */
  node?: string;
  /** Start through the launcher that npm installs. */
  isLaunched?: boolean;
  /** What stands on standard input; default: nothing. */
  stdin?: string;
}

const main = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
export const launcher = fileURLToPath(new URL('../../../cli/bin/maestro.mjs', import.meta.url));

/** Where the launcher keeps compiled code. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/maestro-conductor', import.meta.url));

/** Only what a shell always has: no MC_URL, MC_TOKEN or MC_DATA_DIR of the developer leaks in. */
export function bareEnv(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = ['PATH', 'TMPDIR', 'LANG']
    .map((name): [string, string] => [name, process.env[name] ?? ''])
    .filter(([, value]) => value !== '');
  return { HOME: '/nonexistent', NODE_COMPILE_CACHE: compileCache, ...Object.fromEntries(kept), ...more };
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const script = options.isLaunched === true ? launcher : main;
  const child = spawn(options.node ?? process.execPath, [script, ...args], {
    cwd: options.cwd,
    env: bareEnv(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined).end(options.stdin ?? ''); // A command that never reads may be gone before.
  const result: CliResult = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (result.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text));
  result.code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return result;
}

/** The one JSON document on standard output; fails when there is anything else. */
export function jsonOf(result: CliResult): unknown {
  return JSON.parse(result.stdout);
}
