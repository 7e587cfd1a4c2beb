import { shellWord } from '../core/text/shell-word.ts';

interface CosignFiles {
  /** Who must have signed: the file of a public key, or an identity. */
  by: { key: string } | { uri: string; issuer: string };
  bundle: string;
  artifact?: string;
  predicateType: string;
  trustedRoot?: string;
}

/** The command with which a stranger verifies a receipt, to be copied into a shell: each value is one word of it. Without a trusted root that names the log, cosign has to be told not to look for one. */
export function cosignCommand({ by, bundle, artifact, predicateType, trustedRoot }: CosignFiles): string {
  const signer =
    'key' in by
      ? `--key ${shellWord(by.key)}`
      : `--certificate-identity ${shellWord(by.uri)} --certificate-oidc-issuer ${shellWord(by.issuer)}`;
  return [
    'cosign verify-blob-attestation',
    signer,
    `--bundle ${shellWord(bundle)}`,
    `--type ${shellWord(predicateType)}`,
    trustedRoot === undefined ? '--insecure-ignore-tlog=true' : `--trusted-root ${shellWord(trustedRoot)}`,
    // Without the file that the statement is about, only the statement is checked.
    artifact === undefined ? '--check-claims=false' : shellWord(artifact),
  ].join(' ');
}
