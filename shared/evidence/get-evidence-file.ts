import { McError } from '../core/errors.ts';
import { parseExecutionId } from '../execution/read/get-execution.ts';
import { auditOp } from '../audit/audit-event.ts';
import type { Deps } from '../port/deps.ts';
import { homeSubjects } from '../tenant/service-identity.ts';
import { findArtifact } from './find-artifacts.ts';
import { requireLink, type LinkQuery } from './link/signed-link.ts';
import { pieceOf, type Piece } from './piece.ts';
import { readArtifact } from './read-artifact.ts';

/** The caller of a signed address: whoever holds it. */
const holder = { sub: homeSubjects.signedAddress, roles: [] } as const;

interface EvidenceFile {
  name: string;
  mediaType: string;
  /** Of the whole artifact. */
  sizeBytes: number;
  bytes: Uint8Array;
}

/** The artifact, or the piece of it, that a signed address opens. Its use is an audit event that names whom the address was given to. Throws `mc:evidence:link-refused` or `mc:evidence:not-found`. */
export async function getEvidenceFile(deps: Deps, id: string, query: LinkQuery, wanted: Piece = { offset: 0 }): Promise<EvidenceFile> {
  await requireLink(deps, id, query);
  const { tenant, name, digest, grant } = query;
  const artifact = await findArtifact(deps, tenant, parseExecutionId(id), name);
  const bytes = artifact && artifact.digest === digest ? await readArtifact(deps, tenant, artifact) : undefined;
  if (!artifact || !bytes) throw new McError('mc:evidence:not-found', `${name} of ${id} is not kept any more, or has changed`);
  // Not signed: whoever may have all of it may have a piece.
  const piece = pieceOf(bytes, wanted);
  const details = { name, digest, grant, offset: wanted.offset, bytes: piece.byteLength };
  const change = { type: 'mc.evidence.read', subject: id, reason: 'a signed address was opened', details } as const;
  await deps.table.write([auditOp(deps, tenant, { ...holder, tenant }, change)]);
  return { name, mediaType: artifact.mediaType, sizeBytes: bytes.byteLength, bytes: piece };
}
