import { McError } from '../../shared/core/errors.ts';
import { leafHash } from '../../shared/core/merkle-hash.ts';
import { buildConsistencyProof, isConsistent } from '../../shared/log/consistency-proof.ts';
import { buildInclusionProof, rootFromInclusion } from '../../shared/log/inclusion-proof.ts';
import { certificateLogEntry, logEntry } from '../../shared/log/log-entry.ts';
import type { LogIdentity } from '../../shared/log/log-identity.ts';
import type { VerifyIdentityOptions } from '../../shared/identity/verify-identity-bundle.ts';
import type { Bundle } from '../../shared/receipt/bundle.ts';
import type { IdentityBundle } from '../../shared/receipt/identity-bundle.ts';
import { verifyBundle } from '../../shared/receipt/verify-bundle.ts';
import { fetchCheckpoint, publishedHashes, trustCheckpoint, type LogClient, type SignedCheckpoint } from './published-log.ts';

export interface BundleProof {
  index: number;
  /** The checkpoint in the bundle. */
  issued: SignedCheckpoint;
  /** The newest one. */
  newest: SignedCheckpoint;
  inclusion: readonly Buffer[];
  consistency: readonly Buffer[];
}

/**
 * Proves that the log still has the entry of this bundle, at its place, and that it has only grown since the bundle was issued. The tiles come from the home and
 * are believed as far as they lead to the checkpoint. Throws `mc:log:inconsistent` when they do not, `mc:receipt:invalid` for a
 * bundle that does not verify by itself.
 */
export async function proveBundle(
  client: LogClient,
  bundle: Bundle,
  { pem, logs }: { pem: string; logs: readonly LogIdentity[] },
): Promise<BundleProof> {
  const { log } = verifyBundle(bundle, { pem, logs, requireLog: true });
  return proveEntry(client, { bundle, index: log?.index ?? 0, entry: logEntry(bundle.dsseEnvelope, pem) }, logs);
}

/** As proveBundle, of the identity form, which has an entry of its own: it names the certificate. */
export async function proveIdentityBundle(client: LogClient, bundle: IdentityBundle, trust: VerifyIdentityOptions): Promise<BundleProof> {
  // Only whoever needs it pays for loading the ASN.1 library.
  const { verifyIdentityBundle } = await import('../../shared/identity/verify-identity-bundle.ts');
  const { log, certificate } = verifyIdentityBundle(bundle, trust);
  return proveEntry(
    client,
    { bundle, index: log?.index ?? 0, entry: certificateLogEntry(bundle.dsseEnvelope, certificate.raw) },
    trust.logs,
  );
}

/** Of a bundle that was verified. */
async function proveEntry(
  client: LogClient,
  { bundle, index, entry }: { bundle: Bundle | IdentityBundle; index: number; entry: string },
  logs: readonly LogIdentity[],
): Promise<BundleProof> {
  const issued = trustCheckpoint(bundle.verificationMaterial.tlogEntries?.[0]?.inclusionProof.checkpoint.envelope ?? '', logs);
  const newest = await fetchCheckpoint(client, logs);
  const { size } = newest;
  if (newest.origin !== issued.origin)
    throw invalid(
      `The bundle stands in the log ${issued.origin}, this home has ${newest.origin}. A home that was restored from a backup says so as the first of its new log; the bundle still verifies with the old one.`,
    );
  if (size < issued.size) throw invalid(`The log had ${issued.size} entries when the bundle was issued, and has ${size} now.`);
  const source = publishedHashes(client, size);
  const inclusion = await buildInclusionProof(source, { index, size });
  const root = rootFromInclusion(leafHash(entry), { index, size }, inclusion);
  if (root === undefined || !newest.root.equals(root))
    throw invalid(`The log of ${size} entries does not have this bundle as entry ${index} any more.`);
  const consistency = await buildConsistencyProof(source, issued.size, size);
  if (!isConsistent(issued, newest, consistency))
    throw invalid(`The log of ${size} entries is not the one of ${issued.size} entries, grown.`);
  return { index, issued, newest, inclusion, consistency };
}

function invalid(message: string): McError {
  return new McError('mc:log:inconsistent', message);
}
