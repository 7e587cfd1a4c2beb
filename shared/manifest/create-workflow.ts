import { auditOp } from '../audit/audit-event.ts';
import { McError } from '../core/errors.ts';
import type { Deps } from '../port/deps.ts';
import { isoTime } from '../port/clock.ts';
import type { Actor } from '../tenant/actor.ts';
import { parseManifest, type ParsedManifest } from './parse-manifest.ts';
import { findVersion, newDraftOps, replaceDraftOps } from './workflow-store.ts';
import type { Workflow } from './workflow.ts';

/** Each lost race means that somebody else got on; more than this is not a race. */
const maxAttempts = 5;

/** What creating a workflow did; `created` is false when exactly this content was there already. */
export interface CreatedWorkflow {
  workflow: Workflow;
  created: boolean;
}

type CreateDeps = Pick<Deps, 'table' | 'clock' | 'ids' | 'config'>;

function newDraft(deps: CreateDeps, actor: Actor, parsed: ParsedManifest, before: Workflow | undefined): Workflow {
  const { manifest, digest } = parsed;
  return {
    id: before?.id ?? deps.ids.next('wf'), // The id names the version, not one of its drafts.
    name: manifest.name,
    version: manifest.version,
    state: 'draft',
    digest,
    manifest,
    createdAt: isoTime(deps.clock.now()),
    createdBy: actor.sub,
    publishedAt: null,
    releaseId: null,
  };
}

async function tryCreate(deps: CreateDeps, actor: Actor, parsed: ParsedManifest): Promise<CreatedWorkflow | undefined> {
  const before = await findVersion(deps.table, actor.tenant, parsed.manifest);
  if (before?.digest === parsed.digest) return { workflow: before, created: false };
  if (before?.state === 'published') {
    const name = `${before.name}@${before.version}`;
    throw new McError('mc:workflow:version-conflict', `${name} is published as ${before.digest}; this manifest is ${parsed.digest}`);
  }
  const workflow = newDraft(deps, actor, parsed, before);
  const ops = before ? replaceDraftOps(actor.tenant, workflow, before) : newDraftOps(actor.tenant, workflow);
  const { id: subject, name, version, digest } = workflow;
  const change = { type: 'mc.workflow.create', subject, reason: before ? 'the draft was replaced' : 'a new draft' } as const;
  const audit = auditOp(deps, actor.tenant, actor, { ...change, details: { name, version, digest } });
  return (await deps.table.write([...ops, audit])).ok ? { workflow, created: true } : undefined;
}

/**
 * Stores a manifest as the draft of its version: the first draft, or in place of the one before. The same content again changes nothing;
 * a published version is never touched (`mc:workflow:version-conflict`). Throws what `parseManifest` throws.
 */
export async function createWorkflow(
  deps: CreateDeps,
  actor: Actor,
  source: { text: string; mediaType: string },
): Promise<CreatedWorkflow> {
  const parsed = parseManifest(source.text, source.mediaType);
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const result = await tryCreate(deps, actor, parsed);
    if (result) return result;
  }
  throw new McError('mc:store:conflict', `${parsed.manifest.name}@${parsed.manifest.version} is being changed by others`);
}
