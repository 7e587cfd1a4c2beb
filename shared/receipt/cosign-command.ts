interface CosignFiles {
  /** Who must have signed: the file of a public key, or an identity. */
  by: { key: string } | { uri: string; issuer: string };
  bundle: string;
  artifact?: string;
  predicateType: string;
  trustedRoot?: string;
}

/** The command with which a stranger verifies a receipt. Without a trusted root that names the log, cosign has to be told not to look for one. */
export function cosignCommand({ by, bundle, artifact, predicateType, trustedRoot }: CosignFiles): string {
  const signer = 'key' in by ? `--key ${by.key}` : `--certificate-identity ${by.uri} --certificate-oidc-issuer ${by.issuer}`;
  return [
    'cosign verify-blob-attestation',
    signer,
    `--bundle ${bundle}`,
    `--type ${predicateType}`,
    trustedRoot === undefined ? '--insecure-ignore-tlog=true' : `--trusted-root ${trustedRoot}`,
    // Without the file that the statement is about, only the statement is checked.
    artifact ?? '--check-claims=false',
  ].join(' ');
}
