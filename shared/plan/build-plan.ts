import { LRUCache } from 'lru-cache';
import type { Digest } from '../core/digest.ts';
import { durationMs } from '../core/duration.ts';
import { toUsd } from '../core/money.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { requirePackages } from '../manifest/require-packages.ts';
import type { Deps } from '../port/deps.ts';
import type { SandboxLevel } from '../port/runner.ts';
import type { Table } from '../port/table.ts';
import type { Plan } from './plan.ts';
import { planTasks } from './plan-tasks.ts';
import { planWarnings } from './plan-warnings.ts';

/** Characters of JSON kept in memory for each table; a planned task has about 500. */
const cachedCharacters = 8 * 1024 * 1024;
/** Of a run whose manifest names none. */
const defaultRunTimeout = '1h';

type PlanDeps = Pick<Deps, 'table' | 'runner' | 'config'>;

/** A manifest and its content address. */
export interface PinnedManifest {
  manifest: Manifest;
  digest: Digest;
}

const caches = new WeakMap<Table, LRUCache<string, Plan>>();

function cacheOf(table: Table): LRUCache<string, Plan> {
  const cache =
    caches.get(table) ?? new LRUCache<string, Plan>({ maxSize: cachedCharacters, sizeCalculation: (plan) => JSON.stringify(plan).length });
  caches.set(table, cache);
  return cache;
}

async function makePlan(
  deps: PlanDeps,
  tenant: TenantId,
  { manifest, digest }: PinnedManifest,
  home: { region: string; sandbox: SandboxLevel },
): Promise<Plan> {
  const packages = await requirePackages(deps, tenant, manifest);
  const tasks = planTasks(manifest, packages, home.region);
  const estimatedCostUsdMicros = tasks.reduce((sum, task) => sum + task.estimatedCostUsdMicros, 0);
  return {
    workflow: { name: manifest.name, version: manifest.version, digest },
    ...home,
    timeoutMs: durationMs(manifest.timeout ?? defaultRunTimeout),
    tasks,
    estimatedCostUsdMicros,
    estimatedCostUSD: toUsd(estimatedCostUsdMicros),
    estimateBasis: 'estimated',
    warnings: planWarnings({ manifest, packages, tasks, home: { sandbox: home.sandbox, declaredRegion: deps.config.declaredRegion } }),
  };
}

/**
 * What a run of this manifest would do, without any effect; equal questions have equal answers. The region is the one asked for, else the
 * manifest's, else the home's. Throws `mc:package:not-found` and `mc:manifest:invalid` as `requirePackages` does.
 */
export async function buildPlan(deps: PlanDeps, tenant: TenantId, pinned: PinnedManifest, region?: string): Promise<Plan> {
  const home = { region: region ?? pinned.manifest.region ?? deps.config.region, sandbox: await deps.runner.level() };
  // Package versions never change, so a plan stays true as long as its key does.
  const key = [tenant, pinned.digest, home.region, home.sandbox, deps.config.declaredRegion].join('#');
  const cache = cacheOf(deps.table);
  const known = cache.get(key);
  if (known) return known;
  const plan = await makePlan(deps, tenant, pinned, home);
  cache.set(key, plan);
  return plan;
}
