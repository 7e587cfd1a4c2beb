/** OPA is needed by whoever changes a rule, never by users: the bundles are committed as built (docs/adr/ADR-0004-policy-engine.md). */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where OPA is looked for: `MC_OPA`, then where scripts/oracles.ts puts it, then PATH. Undefined when it is nowhere. */
export function findOpa(): string | undefined {
  const named = process.env['MC_OPA'];
  if (named) return named;
  const downloaded = fileURLToPath(new URL('../../.oracles/opa', import.meta.url));
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'opa'));
  return [downloaded, ...onPath].find((path) => existsSync(path));
}

/** Runs OPA and answers what it printed; throws with everything it said when it fails. */
export function runOpa(opa: string, args: readonly string[], options: { cwd: string; input?: string }): string {
  const { status, stdout, stderr, error } = spawnSync(opa, args, { ...options, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error) throw error;
  if (status !== 0) throw new Error(`opa ${args.join(' ')} in ${options.cwd} failed with ${String(status)}:\n${stdout}${stderr}`);
  return stdout;
}
