/** Reading workflow versions. Published versions never change, so they are kept in memory, for each table apart. */
import { LRUCache } from 'lru-cache';
import { valid } from 'semver';
import { McError } from '../core/errors.ts';
import { canonicalJson } from '../core/json/canonical-json.ts';
import type { Digest } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Deps } from '../port/deps.ts';
import type { Table } from '../port/table.ts';
import type { Actor } from '../tenant/actor.ts';
import { Manifest } from './manifest.ts';
import { findHead, findHighest, findVersion, findVersionName, type VersionName } from './workflow-store.ts';
import type { Workflow } from './workflow.ts';

/** Characters of canonical JSON kept in memory for each table; a typical manifest has 2,000. */
const cachedCharacters = 16 * 1024 * 1024;

const WorkflowId = idSchema('wf');

function cachePerTable<T extends object>(sizeOf: (value: T) => number): (table: Table) => LRUCache<string, T> {
  const caches = new WeakMap<Table, LRUCache<string, T>>();
  return (table) => {
    const cache = caches.get(table) ?? new LRUCache<string, T>({ maxSize: cachedCharacters, sizeCalculation: sizeOf });
    caches.set(table, cache);
    return cache;
  };
}

const publishedOf = cachePerTable<Workflow>(({ manifest }) => canonicalJson(manifest).length);
const manifestsOf = cachePerTable<Manifest>((manifest) => canonicalJson(manifest).length);

function notFound(ref: string, what: string): McError {
  return new McError('mc:workflow:not-found', `there is no ${what} ${ref}`);
}

/** The version that `wf_…` or `name@version` names; undefined for a bare name or an id that is not known. */
async function exactVersion(table: Table, tenant: TenantId, ref: string): Promise<VersionName | undefined> {
  const id = WorkflowId.safeParse(ref);
  if (id.success) return findVersionName(table, tenant, id.data);
  const parts = /^(?<name>[a-zA-Z0-9_-]{3,64})@(?<version>\d+\.\d+\.\d+(?:-[a-z0-9.]+)?)$/.exec(ref)?.groups;
  const { name, version } = parts ?? {};
  return name !== undefined && version !== undefined && valid(version) !== null ? { name, version } : undefined;
}

const isBareName = (ref: string): boolean => /^[a-zA-Z0-9_-]{3,64}$/.test(ref) && !WorkflowId.safeParse(ref).success;

async function findNewest(table: Table, tenant: TenantId, name: string): Promise<Workflow | undefined> {
  const head = await findHead(table, tenant, name);
  return head ? findVersion(table, tenant, head) : findHighest(table, tenant, name);
}

async function getAny(table: Table, tenant: TenantId, ref: string, findByName: typeof findNewest): Promise<Workflow> {
  const exact = await exactVersion(table, tenant, ref);
  const found = exact ? await findVersion(table, tenant, exact) : isBareName(ref) ? await findByName(table, tenant, ref) : undefined;
  if (!found) throw notFound(ref, 'workflow');
  return found;
}

/**
 * The version that `wf_…`, `name@version` or `name` refers to, in whatever state; a bare name means the newest published version, as it does
 * for runs, or the highest draft when none is published. Throws `mc:workflow:not-found`, also for what another tenant has.
 */
export async function getWorkflow({ table }: Pick<Deps, 'table'>, actor: Actor, ref: string): Promise<Workflow> {
  return getAny(table, actor.tenant, ref, findNewest);
}

/** As getWorkflow, for who wants to publish: a bare name means the highest version, drafts included. */
export async function getHighest({ table }: Pick<Deps, 'table'>, actor: Actor, ref: string): Promise<Workflow> {
  return getAny(table, actor.tenant, ref, findHighest);
}

/**
 * The published version that `wf_…`, `name@version` or `name` refers to; a bare name means the newest published one.
 * Throws `mc:workflow:not-found` when there is none, a draft included.
 */
export async function getPublished(deps: Pick<Deps, 'table'>, actor: Actor, ref: string): Promise<Workflow> {
  const { table } = deps;
  const cache = publishedOf(table);
  const cached = cache.get(`${actor.tenant}#${ref}`); // Never set under a bare name, whose meaning changes.
  if (cached) return cached;
  const exact = isBareName(ref) ? await findHead(table, actor.tenant, ref) : await exactVersion(table, actor.tenant, ref);
  if (!exact) throw notFound(ref, 'published workflow');
  const versionRef = `${actor.tenant}#${exact.name}@${exact.version}`;
  const found = cache.get(versionRef) ?? (await findVersion(table, actor.tenant, exact));
  if (found?.state !== 'published') throw notFound(ref, 'published workflow');
  cache.set(versionRef, found);
  cache.set(`${actor.tenant}#${found.id}`, found);
  return found;
}

/** The published manifest with exactly this digest, as a run was pinned to it; what is stored is checked against the digest. */
export async function loadManifest(
  deps: Pick<Deps, 'table' | 'blobs'>,
  tenant: TenantId,
  workflow: VersionName & { digest: Digest },
): Promise<Manifest> {
  const cache = manifestsOf(deps.table);
  const key = `${tenant}#${workflow.digest}`;
  const cached = cache.get(key);
  if (cached) return cached;
  const bytes = await deps.blobs.find(tenant, 'data', workflow.digest);
  if (!bytes) throw notFound(`${workflow.name}@${workflow.version} (${workflow.digest})`, 'snapshot of workflow');
  const manifest = Manifest.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  cache.set(key, manifest);
  return manifest;
}
