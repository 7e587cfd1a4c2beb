/**
 * The `trusted_root.json` that goes with every receipt (sigstore trusted root v0.1). cosign 2.x wants one even with `--key`.
 * It names no log and no certificate authority: trust is in the public key alone.
 */
export function trustedRoot(): Record<string, unknown> {
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [],
    certificateAuthorities: [],
    ctlogs: [],
    timestampAuthorities: [],
  };
}

/** The command with which a stranger verifies a receipt. */
export function cosignCommand(files: { key: string; bundle: string; artifact?: string; predicateType: string }): string {
  return [
    'cosign verify-blob-attestation',
    `--key ${files.key}`,
    `--bundle ${files.bundle}`,
    `--type ${files.predicateType}`,
    '--insecure-ignore-tlog=true',
    // Without the file that the statement is about, only the statement is checked.
    files.artifact ?? '--check-claims=false',
  ].join(' ');
}
