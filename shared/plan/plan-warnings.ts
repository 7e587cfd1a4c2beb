import { durationMs } from '../core/time/duration.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { collectReferences } from '../manifest/reference.ts';
import type { ResolvedPackages } from '../manifest/require-packages.ts';
import type { EgressMode } from '../port/egress-trace.ts';
import type { SandboxLevel } from '../port/runner.ts';
import type { UnpricedTask } from './plan-tasks.ts';

type PlannedTask = UnpricedTask['task'];

const sandboxWarnings: Readonly<Record<SandboxLevel, string | undefined>> = {
  'bubblewrap-seccomp': undefined,
  bubblewrap: 'sandbox: no system call filter stands between tasks and the kernel of this machine; `maestro up` says why',
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

/** A task may name 50 hosts with ports each; a warning is read by people. */
const shownHosts = 5;

/** What becomes of declared egress where the list is not all that a task can reach. */
const egressAnswers: Readonly<Record<SandboxLevel, string | undefined>> = {
  'bubblewrap-seccomp': undefined,
  bubblewrap: undefined,
  'node-permission': 'where this sandbox has no network namespace, only code that uses the proxy of its own will keeps to that list',
  simulated: 'no code runs, so nothing is called',
};

function unmetEgress(tasks: readonly PlannedTask[], sandbox: SandboxLevel): string[] {
  const answer = egressAnswers[sandbox];
  if (answer === undefined) return [];
  return tasks
    .filter(({ egress }) => egress.length > 0)
    .map(({ id, egress }) => {
      const hosts = egress.flatMap(({ host, ports }) => ports.map((port) => `${host}:${port}`));
      const more = hosts.length > shownHosts ? ` and ${hosts.length - shownHosts} more` : '';
      return `task ${id} declares egress to ${hosts.slice(0, shownHosts).join(', ')}${more}; ${answer}`;
    });
}

/** What shadow mode means for these tasks; said in every plan, because nothing else would remind of it. */
export function shadowWarnings(tasks: readonly Pick<PlannedTask, 'id' | 'egress'>[], mode: EgressMode): string[] {
  const open = tasks.filter(({ egress }) => egress.length > 0).map(({ id }) => id);
  if (mode === 'enforce' || open.length === 0) return [];
  return [
    `egress: SHADOW MODE, this tenant's tasks with egress (${open.length}) may call every public host; what is not on their lists is written down`,
  ];
}

const undeclaredRegion =
  'region: this home does not declare where it stands, so its regions are words that nothing was compared with; `maestro up --region X` declares it';

/** Of a run whose manifest names none. */
export const defaultRunTimeout = '1h';

/** What a plan is made of, as far as warnings go. */
interface Planned {
  manifest: Manifest;
  packages: ResolvedPackages;
  tasks: readonly PlannedTask[];
  home: { sandbox: SandboxLevel; declaredRegion: string | null };
}

/** What a person should know before running this; nothing here keeps it from running. */
export function planWarnings({ manifest, packages, tasks, home }: Planned): string[] {
  const sandboxWarning = sandboxWarnings[home.sandbox];
  const { timeout = defaultRunTimeout } = manifest;
  const isCut = longestMs(tasks) > durationMs(timeout);
  const stoppedAfter = manifest.timeout === undefined ? `${timeout}, the default` : timeout;
  return [
    ...(sandboxWarning === undefined ? [] : [sandboxWarning]),
    ...(home.declaredRegion === null ? [undeclaredRegion] : []),
    ...(isCut
      ? [
          `the run is stopped after ${stoppedAfter}, but its tasks may take ${longestMs(tasks) / 1_000} s with all their timeouts and retries`,
        ]
      : []),
    ...unmetEgress(tasks, home.sandbox),
    ...unusedInputs(manifest),
    ...withoutCompensation(tasks, packages),
  ];
}
