/**
 * Finds the strongest isolation that really works here. Having the program proves nothing: namespaces may be forbidden, so each candidate
 * runs one task the way every task will be run, and counts only when that task answers.
 */
import { McError } from '../../shared/core/errors.ts';
import type { Clock } from '../../shared/port/clock.ts';
import { findBubblewrap } from './bubblewrap-isolation.ts';
import type { Isolation } from './isolation.ts';
import { LogCollector } from './log-collector.ts';
import { findPermissionVariants } from './permission-isolation.ts';
import { runChild } from './child/run-child.ts';
import { SandboxProcess } from './child/sandbox-process.ts';
import { makeTaskFolder, removeTaskFolder, type RemovalLog } from './task-folder.ts';
import { taskEnvironment } from './node-arguments.ts';
import { toTaskResult } from './task-result.ts';

/** A probe takes about 0.1 s; on a machine so loaded that this passes, a weaker level must not be chosen by accident either. */
const probeTimeoutMs = 15_000;

const probeLimits = {
  resourceClass: 'small',
  timeoutMs: probeTimeoutMs,
  memoryBytes: 256 * 1024 * 1024,
  scratchBytes: 1024 * 1024,
} as const;

const probeEntry = new TextEncoder().encode('export default async () => ({ works: true });\n');

export interface DetectOptions {
  base: string;
  nodePath: string;
  clock: Clock;
  logger?: RemovalLog | undefined;
  /** Do not try anything stronger; for tests and for machines where bubblewrap misbehaves. */
  highestLevel?: Isolation['level'];
}

async function probe(isolation: Isolation, options: DetectOptions): Promise<string | undefined> {
  const folder = await makeTaskFolder(options.base, {
    files: [],
    package: { uses: '', digest: `sha256:${'0'.repeat(64)}`, entry: probeEntry },
  });
  const log = new LogCollector(options.clock, 4_096);
  const places = isolation.places(folder);
  try {
    const child = await SandboxProcess.start(isolation.command(folder, probeLimits), taskEnvironment(places));
    const end = await runChild(child, {
      request: JSON.stringify({ ...places, egress: null, inputs: {}, attempt: 1, idempotencyKey: 'probe' }),
      timeoutMs: probeTimeoutMs,
      outputBytes: 4_096,
      log,
      clock: options.clock,
      signal: new AbortController().signal,
    });
    const result = toTaskResult(end, 4_096);
    log.end();
    if (result.kind === 'succeeded') return undefined;
    return `${isolation.name}: ${result.message}${log
      .lines()
      .map((line) => ` | ${line.text}`)
      .join('')}`;
  } finally {
    await removeTaskFolder(folder, options.logger);
  }
}

/** The strongest isolation that works, and why the stronger ones do not. */
export async function detectIsolation(options: DetectOptions): Promise<{ isolation: Isolation; refused: readonly string[] }> {
  const refused: string[] = [];
  const candidates = findPermissionVariants(options.nodePath);
  if (options.highestLevel !== 'node-permission') {
    const { isolations, missing } = findBubblewrap(options.nodePath);
    const wanted = isolations.filter(({ level }) => options.highestLevel !== 'bubblewrap' || level === 'bubblewrap');
    candidates.unshift(...wanted);
    // A level that nobody asked for has not been refused.
    if (options.highestLevel !== 'bubblewrap' || isolations.length === 0) refused.push(...missing);
  }
  for (const isolation of candidates) {
    const reason = await probe(isolation, options);
    if (reason === undefined) return { isolation, refused };
    refused.push(reason);
  }
  throw new McError('mc:runner:refused', `No sandbox works on this machine: ${refused.join('; ')}`);
}
