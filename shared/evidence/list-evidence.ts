import { assertInvariant } from '../core/errors.ts';
import { getExecutionRecord } from '../execution/execution-store.ts';
import { parseExecutionId } from '../execution/read/get-execution.ts';
import { auditOp } from '../audit/audit-event.ts';
import type { ExecutionRecord } from '../execution/execution-record.ts';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import type { Actor } from '../tenant/actor.ts';
import type { EvidenceArtifact, EvidenceManifest } from './evidence-manifest.ts';
import { pageOfArtifacts } from './find-artifacts.ts';
import { maxLinkMs, signLink } from './link/signed-link.ts';
import { readArtifact } from './read-artifact.ts';

/** A log may be 4 MB and more, and is read for its size, so that a page of 20 tasks reads some 100 MB at most and holds one artifact at a time. */
export const evidencePage = { default: 10, max: 20 } as const;

/** A minute less than is allowed, so that no clock that is a little ahead refuses a fresh address. */
const lifetimeMs = maxLinkMs - 60_000;

interface EvidenceQuery {
  id: string;
  limit: number;
  cursor?: string;
  /** Origin under which callers reach the home. */
  origin: string;
}

/** One page of everything that a run left behind, each with an address that opens it for some minutes. Who asked is an audit event. Throws `mc:execution:not-found`. */
export async function listEvidence(deps: Deps, actor: Actor, { id, origin, ...page }: EvidenceQuery): Promise<EvidenceManifest> {
  const head = await getExecutionRecord(deps, actor.tenant, parseExecutionId(id));
  const { artifacts, cursor } = await pageOfArtifacts(deps, head, page);
  const grant = await logAccess(deps, actor, head, artifacts.length);
  const expires = deps.clock.now() + lifetimeMs;
  const found: EvidenceArtifact[] = [];
  const missing: EvidenceManifest['missing'] = [];
  for (const artifact of artifacts) {
    const { name, mediaType, digest } = artifact;
    const bytes = await readArtifact(deps, head.tenant, artifact);
    if (!bytes) {
      missing.push({ name, digest });
      continue;
    }
    const path = await signLink(deps, { executionId: head.id, tenant: head.tenant, name, digest, grant }, expires);
    found.push({ name, mediaType, digest, sizeBytes: bytes.byteLength, url: `${origin}${path}`, expiresAt: isoTime(expires) });
  }
  return { executionId: head.id, state: head.state, artifacts: found, missing, ...(cursor && { cursor }) };
}

/** Written before anything is handed out: an address that nobody wrote down must not exist. */
async function logAccess(deps: Deps, actor: Actor, { id }: ExecutionRecord, artifacts: number): Promise<string> {
  const op = auditOp(deps, actor.tenant, actor, {
    type: 'mc.evidence.list',
    subject: id,
    reason: 'the evidence of the run was asked for',
    details: { artifacts },
  });
  const { ok } = await deps.table.write([op]);
  assertInvariant(ok && op.kind === 'put', 'an audit event was not written');
  return op.item.sk;
}
