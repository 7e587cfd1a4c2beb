import { digestBytes } from '../../shared/core/digest.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import type { TaskLimits, TaskSpec } from '../../shared/port/runner.ts';

const mebibyte = 1024 * 1024;

type SpecFields = Partial<Omit<TaskSpec, 'limits' | 'package'>> & { entry?: string | Uint8Array; limits?: Partial<TaskLimits> };

/** A spec whose module answers its inputs, unless another module is given. */
export function buildTaskSpec({ entry = 'export default async ({ inputs }) => inputs;', limits, ...fields }: SpecFields = {}): TaskSpec {
  const bytes = typeof entry === 'string' ? new TextEncoder().encode(entry) : entry;
  return {
    tenant: TenantId.parse('acme'),
    executionId: 'exec_01K9ABCDEFGHJKMNPQRSTVWXYZ',
    taskId: 'work',
    attempt: 1,
    idempotencyKey: 'exec_01K9ABCDEFGHJKMNPQRSTVWXYZ/work',
    package: { uses: 'pkg:test/module@1.0.0', digest: digestBytes(bytes), entry: bytes },
    inputs: {},
    files: [],
    egress: [],
    egressMode: 'enforce',
    ...fields,
    limits: {
      resourceClass: 'small',
      timeoutMs: 20_000,
      memoryBytes: 256 * mebibyte,
      scratchBytes: 8 * mebibyte,
      outputBytes: mebibyte,
      logBytes: mebibyte,
      ...limits,
    },
  };
}
