import { LRUCache } from 'lru-cache';
import type { Digest } from '../core/digest.ts';
import { durationMs } from '../core/time/duration.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { sizeBucket } from '../estimate/size-bucket.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { requirePackages } from '../manifest/require-packages.ts';
import { hasOwnPackage } from '../package/resolve-package.ts';
import type { Deps } from '../port/deps.ts';
import type { SandboxLevel } from '../port/runner.ts';
import type { Table } from '../port/table.ts';
import type { Plan } from './plan.ts';
import { planTasks } from './plan-tasks.ts';
import { defaultRunTimeout, planWarnings } from './plan-warnings.ts';
import { pricePlan, type PlanOutline } from './price-plan.ts';
import { requireRecordable } from './require-recordable.ts';

/** Characters of JSON kept in memory for each table and each of both caches; a planned task has about 700. */
const cachedCharacters = 8 * 1024 * 1024;
/** A burst of runs reads once what was learned; what it learns itself may come a moment late, and a package that is pushed meanwhile too. */
const pricesHoldMs = 2_000;

type PlanDeps = Pick<Deps, 'table' | 'runner' | 'config' | 'clock'>;

/** A manifest and its content address. */
export interface PinnedManifest {
  manifest: Manifest;
  digest: Digest;
}

/** What of a run is known when it is planned. */
export interface PlannedRun {
  /** The one asked for, if any. */
  region?: string | undefined;
  /** See `inputBytesOf`; without it, estimates are for inputs of any size. */
  inputBytes?: number | undefined;
}

interface PricedPlan {
  plan: Plan;
  /** On the clock that never goes back. */
  pricedAt: number;
}

/** Outlines stay true as long as their key does, for package versions never change, and until the tenant replaces one of the catalog; prices only for a moment. */
interface Caches {
  outlines: LRUCache<string, PlanOutline>;
  plans: LRUCache<string, PricedPlan>;
}

const caches = new WeakMap<Table, Caches>();

function sizedCache<T extends object>(): LRUCache<string, T> {
  return new LRUCache({ maxSize: cachedCharacters, sizeCalculation: (value) => JSON.stringify(value).length });
}

function cachesOf(table: Table): Caches {
  const known = caches.get(table) ?? { outlines: sizedCache<PlanOutline>(), plans: sizedCache<PricedPlan>() };
  caches.set(table, known);
  return known;
}

async function makeOutline(
  deps: PlanDeps,
  tenant: TenantId,
  { manifest, digest }: PinnedManifest,
  home: { region: string; sandbox: SandboxLevel },
): Promise<PlanOutline> {
  const packages = await requirePackages(deps, tenant, manifest);
  const tasks = planTasks(manifest, packages, home.region);
  requireRecordable(tasks);
  const facts = { sandbox: home.sandbox, declaredRegion: deps.config.declaredRegion };
  const plan = {
    workflow: { name: manifest.name, version: manifest.version, digest },
    ...home,
    timeoutMs: durationMs(manifest.timeout ?? defaultRunTimeout),
    warnings: planWarnings({ manifest, packages, tasks: tasks.map(({ task }) => task), home: facts }),
  };
  return { plan, tasks };
}

/** What it has of the catalog. A tenant may push a package of its own under the same name and version, and that one comes first from then on. */
function lentTo(tenant: TenantId, { tasks }: PlanOutline): string[] {
  const used = tasks.flatMap(({ task: { uses, packageOwner, compensateUses, compensateOwner } }) => [
    ...(packageOwner === tenant ? [] : [uses]),
    ...(compensateUses === null || compensateOwner === tenant ? [] : [compensateUses]),
  ]);
  return [...new Set(used)];
}

/**
 * What a run of this manifest would do and cost, without any effect; equal questions have equal answers but for what the tenant's runs taught
 * since. The region is the one asked for, else the manifest's, else the home's. Throws `mc:package:not-found` and `mc:manifest:invalid` as
 * `requirePackages` does, and `mc:manifest:too-large` for tasks that no decision can record.
 */
export async function buildPlan(deps: PlanDeps, tenant: TenantId, pinned: PinnedManifest, run: PlannedRun = {}): Promise<Plan> {
  const home = { region: run.region ?? pinned.manifest.region ?? deps.config.region, sandbox: await deps.runner.level() };
  const bucket = run.inputBytes === undefined ? undefined : sizeBucket(run.inputBytes);
  const { outlines, plans } = cachesOf(deps.table);
  const outlineKey = [tenant, pinned.digest, home.region, home.sandbox, deps.config.declaredRegion].join('#');
  const planKey = `${outlineKey}#${String(bucket)}`;
  const now = deps.clock.elapsedMs();
  const priced = plans.get(planKey);
  if (priced && now - priced.pricedAt < pricesHoldMs) return priced.plan;
  const known = outlines.get(outlineKey);
  const isTrue = known && !(await hasOwnPackage(deps, tenant, lentTo(tenant, known)));
  const outline = isTrue ? known : await makeOutline(deps, tenant, pinned, home);
  outlines.set(outlineKey, outline);
  const plan = await pricePlan(deps, tenant, outline, bucket);
  plans.set(planKey, { plan, pricedAt: now });
  return plan;
}
