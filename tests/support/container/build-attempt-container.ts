import { AttemptContainer } from '../../../shared/container/attempt-container.ts';

/** An attempt of the class `small` without egress; what is given replaces it. */
export function buildAttemptContainer(more: Partial<Record<keyof AttemptContainer, unknown>> = {}): AttemptContainer {
  return AttemptContainer.parse({
    executionId: 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV',
    taskId: 'scan_All-1',
    attempt: 1,
    resourceClass: 'small',
    timeoutMs: 600_000,
    image: `registry.example.com/maestro/runner@sha256:${'ab'.repeat(32)}`,
    egressProxy: null,
    ...more,
  });
}
