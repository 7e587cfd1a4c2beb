import { z } from 'zod';
import { classLimits } from '../../../shared/core/class-limits.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import type { Runner, TaskSpec } from '../../../shared/port/runner.ts';

/** Answers when its first line ran, on the clock that all processes of a machine share. */
const entry = new TextEncoder().encode('const at = String(process.hrtime.bigint()); export default async () => ({ at });\n');

/** An attempt of a small task as the home asks for it. */
export const startSpec: TaskSpec = {
  tenant: TenantId.parse('local'),
  executionId: 'exec_01K9ABCDEFGHJKMNPQRSTVWXYZ',
  taskId: 'start',
  attempt: 1,
  idempotencyKey: 'exec_01K9ABCDEFGHJKMNPQRSTVWXYZ/start',
  package: { uses: 'pkg:bench/start@1.0.0', digest: digestBytes(entry), entry },
  inputs: {},
  files: [],
  egress: [],
  egressMode: 'enforce',
  limits: { resourceClass: 'small', timeoutMs: 30_000, outputBytes: 4_194_304, logBytes: 4_194_304, ...classLimits.small },
};

const Answer = z.object({ at: z.string() });

export interface Timed {
  /** From the call of the runner to the first line of the package. */
  startMs: number;
  /** From the call of the runner to the result. */
  attemptMs: number;
}

/** One attempt from provisioning to release. */
export async function timeAttempt(runner: Runner): Promise<Timed> {
  const calledAt = process.hrtime.bigint();
  const since = performance.now();
  const sandbox = await runner.provision(startSpec);
  try {
    const result = await sandbox.execute(new AbortController().signal);
    const attemptMs = performance.now() - since;
    if (result.kind === 'failed') throw new Error(`an attempt failed: ${result.message}`);
    const { at } = Answer.parse(result.outputs);
    return { startMs: Number(BigInt(at) - calledAt) / 1e6, attemptMs };
  } finally {
    await sandbox.release();
  }
}
