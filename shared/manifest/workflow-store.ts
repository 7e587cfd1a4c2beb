/**
 * Where workflow versions live: one item a version, one pointer an id, and one head a workflow that names its newest published version.
 * Every condition that keeps published versions immutable and growing is written here; the use cases only choose among them.
 */
import { z } from 'zod';
import type { Digest } from '../core/digest.ts';
import type { Id } from '../core/id.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { listRoom, queryWithin } from '../port/query-within.ts';
import type { Condition, Item, Key, Page, Query, Table, WriteOp } from '../port/table.ts';
import { versionSortKey } from '../core/version-sort-key.ts';
import { Workflow } from './workflow.ts';

/** One version of one workflow of a tenant. */
export interface VersionName {
  name: string;
  version: string;
}

/** The newest published version of a workflow. */
export interface WorkflowHead extends VersionName {
  versionSort: string;
}

const workflowPk = (tenant: TenantId, name: string): string => `T#${tenant}#WF#${name}`;
const versionKey = (tenant: TenantId, { name, version }: VersionName): Key => ({
  pk: workflowPk(tenant, name),
  sk: `V#${versionSortKey(version)}`,
});
const headKey = (tenant: TenantId, name: string): Key => ({ pk: workflowPk(tenant, name), sk: 'HEAD' });
const pointerKey = (tenant: TenantId, id: Id<'wf'>): Key => ({ pk: `T#${tenant}#WFID#${id}`, sk: 'WFID' });
const listPk = (tenant: TenantId): string => `T#${tenant}#WF`;

const Fields = z.record(z.string(), z.json());
const StoredWorkflow = z.object(Workflow.shape); // Without the keys of the item.
const StoredVersionName = z.object({ name: z.string(), version: z.string() });
const StoredHead = StoredVersionName.extend({ versionSort: z.string() });

function versionItem(tenant: TenantId, workflow: Workflow): Item {
  const gsi1sk = `${workflow.name}#${versionSortKey(workflow.version)}`;
  return { ...Fields.parse(workflow), ...versionKey(tenant, workflow), gsi1pk: listPk(tenant), gsi1sk };
}

const draftWith = (digest: Digest): Condition[] => [
  { kind: 'compare', field: 'state', op: '=', value: 'draft' },
  { kind: 'compare', field: 'digest', op: '=', value: digest },
];

const pointerOp = (tenant: TenantId, { id, name, version }: Workflow): WriteOp => ({
  kind: 'put',
  item: { ...pointerKey(tenant, id), name, version },
});

/** Ops that add the first draft of a version; they fail when the version exists. */
export function newDraftOps(tenant: TenantId, draft: Workflow): WriteOp[] {
  return [{ kind: 'put', item: versionItem(tenant, draft), conditions: [{ kind: 'absent' }] }, pointerOp(tenant, draft)];
}

/** Ops that replace a draft; they fail when it has been published or replaced since it was read. */
export function replaceDraftOps(tenant: TenantId, draft: Workflow, before: Workflow): WriteOp[] {
  return [{ kind: 'put', item: versionItem(tenant, draft), conditions: draftWith(before.digest) }];
}

function headOp(tenant: TenantId, { name, version }: VersionName, head: WorkflowHead | undefined): WriteOp {
  const versionSort = versionSortKey(version);
  const grows: Condition = { kind: 'compare', field: 'versionSort', op: '<', value: versionSort };
  return { kind: 'put', item: { ...headKey(tenant, name), name, version, versionSort }, conditions: head ? [grows] : [{ kind: 'absent' }] };
}

/** Ops that publish a draft, possibly under another version; they fail when the draft changed or the version does not grow any more. */
export function publishOps(tenant: TenantId, published: Workflow, draft: Workflow, head: WorkflowHead | undefined): WriteOp[] {
  const item = versionItem(tenant, published);
  if (published.version === draft.version)
    return [{ kind: 'put', item, conditions: draftWith(draft.digest) }, headOp(tenant, published, head)];
  return [
    { kind: 'put', item, conditions: [{ kind: 'absent' }] },
    { kind: 'delete', key: versionKey(tenant, draft), conditions: draftWith(draft.digest) },
    pointerOp(tenant, published),
    headOp(tenant, published, head),
  ];
}

/** The version in whatever state, or undefined. */
export async function findVersion(table: Table, tenant: TenantId, name: VersionName): Promise<Workflow | undefined> {
  const item = await table.get(versionKey(tenant, name));
  return item && StoredWorkflow.parse(item);
}

/** The version that an id stands for, or undefined. */
export async function findVersionName(table: Table, tenant: TenantId, id: Id<'wf'>): Promise<VersionName | undefined> {
  const item = await table.get(pointerKey(tenant, id));
  return item && StoredVersionName.parse(item);
}

/** The newest published version of a workflow, or undefined when none is. */
export async function findHead(table: Table, tenant: TenantId, name: string): Promise<WorkflowHead | undefined> {
  const item = await table.get(headKey(tenant, name));
  return item && StoredHead.parse(item);
}

/** The highest version of a workflow in whatever state, or undefined. */
export async function findHighest(table: Table, tenant: TenantId, name: string): Promise<Workflow | undefined> {
  const { items } = await table.query({ pk: workflowPk(tenant, name), prefix: 'V#', limit: 1, reverse: true });
  return items[0] && StoredWorkflow.parse(items[0]);
}

const toWorkflows = async (items: readonly Item[]): Promise<Workflow[]> => items.map((item) => StoredWorkflow.parse(item));

/** One page of the versions of the tenant, all of them by name and then by precedence, or those of one workflow, the newest first; it ends early when they are large. */
export async function queryVersions(
  table: Table,
  tenant: TenantId,
  { name, ...page }: { name?: string; limit: number; cursor?: string },
): Promise<Page<Workflow>> {
  const list: Omit<Query, 'limit'> =
    name === undefined ? { index: 'gsi1', pk: listPk(tenant) } : { pk: workflowPk(tenant, name), prefix: 'V#', reverse: true };
  return queryWithin(table, { ...list, ...page }, { ...listRoom, read: toWorkflows });
}
