import { depthsOf, needsGraph } from '../core/dag.ts';
import { durationMs } from '../core/duration.ts';
import { assertInvariant } from '../core/errors.ts';
import { manifestLimits, type Manifest, type Task } from '../manifest/manifest.ts';
import type { ResolvedPackages } from '../manifest/require-packages.ts';
import type { ResolvedPackage } from '../package/resolve-package.ts';
import { taskCost } from './estimate.ts';
import type { PlannedTask } from './plan.ts';

const maxTaskMs = durationMs(manifestLimits.taskTimeout);

function packageOf(packages: ResolvedPackages, uses: string): ResolvedPackage {
  const found = packages.get(uses);
  assertInvariant(found !== undefined, `${uses} was planned without being resolved`);
  return found;
}

function planTask(task: Task, manifest: Manifest, packages: ResolvedPackages, place: { region: string; depth: number }): PlannedTask {
  const { digest, owner, descriptor } = packageOf(packages, task.uses);
  const resourceClass = task.resourceClass ?? manifest.resourceClass ?? descriptor.resources.class;
  const timeoutMs = Math.min(durationMs(task.timeout ?? descriptor.resources.timeout), maxTaskMs);
  const estimatedMs = Math.min(descriptor.cost.typicalMs, timeoutMs);
  const compensateUses = task.compensate?.uses ?? descriptor.compensation ?? null;
  const compensation = compensateUses === null ? null : packageOf(packages, compensateUses);
  return {
    id: task.id,
    uses: task.uses,
    packageDigest: digest,
    packageOwner: owner,
    needs: [...(task.needs ?? [])],
    depth: place.depth,
    region: task.region ?? place.region,
    resourceClass,
    timeoutMs,
    retries: task.retries ?? 0,
    egress: task.egress?.allow ?? descriptor.egress?.allow ?? [],
    compensateUses,
    compensateDigest: compensation?.digest ?? null,
    compensateOwner: compensation?.owner ?? null,
    estimatedMs,
    estimatedCostUsdMicros: taskCost(descriptor.cost, resourceClass, estimatedMs),
  };
}

/**
 * The tasks of a valid manifest in an order in which they could run one after another: by depth, and as declared within a depth.
 * A task's own words win over the manifest's, those over the package's.
 */
export function planTasks(manifest: Manifest, packages: ResolvedPackages, region: string): PlannedTask[] {
  const depths = depthsOf(needsGraph(manifest.tasks.map(({ id, needs = [] }) => ({ id, needs }))));
  const byId = new Map(manifest.tasks.map((task) => [task.id, task]));
  return Array.from(depths, ([id, depth]) => {
    const task = byId.get(id);
    assertInvariant(task !== undefined, `${id} has a depth but is no task`);
    return planTask(task, manifest, packages, { region, depth });
  });
}
