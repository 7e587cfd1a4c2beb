/** What the parts of the runner contract share: the driver under test, one attempt, and skips that carry their reason. */
import { setTimeout as delay } from 'node:timers/promises';
import { test } from '@jest/globals';
import type { LogLine, Runner, SandboxLevel, TaskResult, TaskSpec } from '../../shared/port/runner.ts';

export interface RunnerHarness {
  level: SandboxLevel;
  runner: Runner;
  /** Reasons why parts do not apply to this driver or machine. */
  skip: { code?: string; network?: string; signals?: string; memoryOfBuffers?: string };
  /** What attempts left on the host. */
  leftovers: () => Promise<string[]>;
}

export interface Outcome {
  result: TaskResult;
  logs: LogLine[];
}

export const neverAborted = new AbortController().signal;

/** One attempt from provisioning to release. */
export async function runOnce(runner: Runner, spec: TaskSpec, signal: AbortSignal = neverAborted): Promise<Outcome> {
  const sandbox = await runner.provision(spec);
  try {
    const result = await sandbox.execute(signal);
    return { result, logs: await sandbox.collectLogs() };
  } finally {
    await sandbox.release();
  }
}

/** One attempt that is cancelled when it has logged something: before, a busy machine may not have started it yet. */
export async function runCancelled(runner: Runner, spec: TaskSpec): Promise<Outcome> {
  const sandbox = await runner.provision(spec);
  const cancelled = new AbortController();
  try {
    const running = sandbox.execute(cancelled.signal);
    while ((await sandbox.collectLogs()).length === 0) await delay(20);
    cancelled.abort();
    const result = await running;
    return { result, logs: await sandbox.collectLogs() };
  } finally {
    await sandbox.release();
  }
}

/** A test, or a skipped one whose name says why. */
export function testUnless(reason: string | undefined): (name: string, run: () => Promise<void>) => void {
  return reason === undefined ? test : (name, run) => test.skip(`${name} [skipped: ${reason}]`, run);
}
