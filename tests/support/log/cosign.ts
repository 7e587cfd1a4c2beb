import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexOf, type Digest } from '../../../shared/core/digest.ts';

export interface CosignQuestion {
  /** A text is taken as it is. */
  bundle: unknown;
  /** Who must have signed: a key, or an identity. */
  pem?: string;
  identity?: { uri: string; issuer: string };
  /** What it must speak of: a content, or the digest of one. */
  artifact: string | { digest: Digest };
  predicateType: string;
  trustedRoot: unknown;
  /** More flags, such as `--insecure-ignore-tlog=true`. */
  flags?: readonly string[];
}

/** What this cosign says: `ok`, or the reason of its refusal. Throws when it could not be run at all. */
export function askCosign(
  cosign: string,
  { bundle, pem, identity, artifact, predicateType, trustedRoot, flags = [] }: CosignQuestion,
): string {
  const cwd = mkdtempSync(join(tmpdir(), 'mc-cosign-'));
  try {
    if (pem !== undefined) writeFileSync(join(cwd, 'mc.pub'), pem);
    writeFileSync(join(cwd, 'r.json'), typeof bundle === 'string' ? bundle : JSON.stringify(bundle));
    if (typeof artifact === 'string') writeFileSync(join(cwd, 'artifact'), artifact);
    writeFileSync(join(cwd, 'trusted_root.json'), JSON.stringify(trustedRoot));
    const files = ['--bundle', 'r.json', '--trusted-root', 'trusted_root.json', '--type', predicateType];
    const subject = typeof artifact === 'string' ? ['artifact'] : ['--digest', hexOf(artifact.digest), '--digestAlg', 'sha256'];
    const signer = identity
      ? ['--certificate-identity', identity.uri, '--certificate-oidc-issuer', identity.issuer]
      : ['--key', pem === undefined ? '' : 'mc.pub'];
    // cosign keeps a cache in the home folder of whoever runs it.
    const env = { ...process.env, HOME: cwd };
    execFileSync(cosign, ['verify-blob-attestation', ...files, ...signer, ...flags, ...subject], { cwd, env, stdio: 'pipe' });
    return 'ok';
  } catch (error) {
    // Only an exit code of cosign itself is an answer. Errors of other realms are no instances of our Error.
    const { status, stderr } = error as { status?: unknown; stderr?: unknown };
    if (typeof status !== 'number') throw error;
    return String(stderr).trim();
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
