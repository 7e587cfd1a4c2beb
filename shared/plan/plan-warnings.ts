import { durationMs } from '../core/duration.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { collectReferences } from '../manifest/reference.ts';
import type { ResolvedPackages } from '../manifest/require-packages.ts';
import type { SandboxLevel } from '../port/runner.ts';
import type { PlannedTask } from './plan.ts';

const sandboxWarnings: Readonly<Record<SandboxLevel, string | undefined>> = {
  bubblewrap: undefined,
  'node-permission': 'sandbox: only Node’s permission model separates tasks from this machine; it does not block the network',
  simulated: 'sandbox: tasks are simulated, no package code runs',
};

/** The time the slowest chain of tasks may take when every attempt uses its whole timeout. */
function longestMs(tasks: readonly PlannedTask[]): number {
  const endsAt = new Map<string, number>();
  for (const { id, needs, timeoutMs, retries } of tasks) {
    const startsAt = Math.max(0, ...needs.map((need) => endsAt.get(need) ?? 0));
    endsAt.set(id, startsAt + timeoutMs * (retries + 1));
  }
  return Math.max(0, ...endsAt.values());
}

function unusedInputs({ inputs = {}, tasks, outputs }: Manifest): string[] {
  const used = new Set(
    collectReferences([tasks, outputs]).flatMap(({ reference }) => (reference?.kind === 'input' ? [reference.name] : [])),
  );
  return Object.entries(inputs).flatMap(([name, { type }]) => {
    // A file is laid into the workspace whether or not a reference names it.
    return used.has(name) || type === 'file' ? [] : [`the input ${name} is not used`];
  });
}

function withoutCompensation(tasks: readonly PlannedTask[], packages: ResolvedPackages): string[] {
  return tasks
    .filter(({ uses, compensateUses }) => compensateUses === null && packages.get(uses)?.descriptor.effects === 'external')
    .map(({ id, uses }) => `task ${id}: ${uses} acts on the outside world, and nothing undoes that when the run fails later on`);
}

/** What a person should know before running this; nothing here keeps it from running. */
export function planWarnings(
  manifest: Manifest,
  packages: ResolvedPackages,
  tasks: readonly PlannedTask[],
  sandbox: SandboxLevel,
): string[] {
  const sandboxWarning = sandboxWarnings[sandbox];
  const timeout = manifest.timeout;
  const isCut = timeout !== undefined && longestMs(tasks) > durationMs(timeout);
  return [
    ...(sandboxWarning === undefined ? [] : [sandboxWarning]),
    ...(isCut
      ? [`the run is stopped after ${timeout}, but its tasks may take ${longestMs(tasks) / 1_000} s with all their timeouts and retries`]
      : []),
    ...unusedInputs(manifest),
    ...withoutCompensation(tasks, packages),
  ];
}
