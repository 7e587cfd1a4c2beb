/** The command with which a stranger verifies a receipt. Without a trusted root that names the log, cosign has to be told not to look for one. */
export function cosignCommand(files: {
  key: string;
  bundle: string;
  artifact?: string;
  predicateType: string;
  trustedRoot?: string;
}): string {
  return [
    'cosign verify-blob-attestation',
    `--key ${files.key}`,
    `--bundle ${files.bundle}`,
    `--type ${files.predicateType}`,
    files.trustedRoot === undefined ? '--insecure-ignore-tlog=true' : `--trusted-root ${files.trustedRoot}`,
    // Without the file that the statement is about, only the statement is checked.
    files.artifact ?? '--check-claims=false',
  ].join(' ');
}
