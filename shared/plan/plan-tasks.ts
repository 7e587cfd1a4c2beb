import { depthsOf, needsGraph } from '../core/dag.ts';
import { durationMs } from '../core/time/duration.ts';
import { assertInvariant } from '../core/errors.ts';
import { manifestLimits, type Manifest, type Task } from '../manifest/manifest.ts';
import type { ResolvedPackages } from '../manifest/require-packages.ts';
import type { PackageDescriptor } from '../package/descriptor.ts';
import type { ResolvedPackage } from '../package/resolve-package.ts';
import type { PlannedTask } from './plan.ts';

const maxTaskMs = durationMs(manifestLimits.taskTimeout);

/** A task as far as its manifest and its package say it, which never changes, and the price list that its estimate is made with. */
export interface UnpricedTask {
  task: Omit<PlannedTask, 'estimatedMs' | 'estimatedCostUsdMicros' | 'estimate'>;
  cost: PackageDescriptor['cost'];
}

function packageOf(packages: ResolvedPackages, uses: string): ResolvedPackage {
  const found = packages.get(uses);
  assertInvariant(found !== undefined, `${uses} was planned without being resolved`);
  return found;
}

function planTask(task: Task, manifest: Manifest, packages: ResolvedPackages, place: { region: string; depth: number }): UnpricedTask {
  const { digest, owner, descriptor } = packageOf(packages, task.uses);
  const compensateUses = task.compensate?.uses ?? descriptor.compensation ?? null;
  const compensation = compensateUses === null ? null : packageOf(packages, compensateUses);
  const planned: UnpricedTask['task'] = {
    id: task.id,
    uses: task.uses,
    packageDigest: digest,
    packageOwner: owner,
    needs: [...(task.needs ?? [])],
    depth: place.depth,
    region: task.region ?? place.region,
    resourceClass: task.resourceClass ?? manifest.resourceClass ?? descriptor.resources.class,
    timeoutMs: Math.min(durationMs(task.timeout ?? descriptor.resources.timeout), maxTaskMs),
    retries: task.retries ?? 0,
    egress: task.egress?.allow ?? descriptor.egress?.allow ?? [],
    compensateUses,
    compensateDigest: compensation?.digest ?? null,
    compensateOwner: compensation?.owner ?? null,
  };
  return { task: planned, cost: descriptor.cost };
}

/**
 * The tasks of a valid manifest in an order in which they could run one after another: by depth, and as declared within a depth.
 * A task's own words win over the manifest's, those over the package's.
 */
export function planTasks(manifest: Manifest, packages: ResolvedPackages, region: string): UnpricedTask[] {
  const depths = depthsOf(needsGraph(manifest.tasks.map(({ id, needs = [] }) => ({ id, needs }))));
  const byId = new Map(manifest.tasks.map((task) => [task.id, task]));
  return Array.from(depths, ([id, depth]) => {
    const task = byId.get(id);
    assertInvariant(task !== undefined, `${id} has a depth but is no task`);
    return planTask(task, manifest, packages, { region, depth });
  });
}
