import { predicateTypes } from '../receipt/statement.ts';
import type { RunFacts } from './run-facts.ts';

/** The first file of a pack: what it is, what is in it, how to check it, and what was left out. */
export function buildReadme(facts: RunFacts, { dataClass, isReceiptRedacted }: { dataClass: string; isReceiptRedacted: boolean }): string {
  const { executionId, workflow, state, finishedOn, tenant, builder } = facts;
  const receipt = isReceiptRedacted
    ? [
        'The receipt holds values that may not leave, so `receipt.redacted.json` stands in its place. Its signature holds again once these values are put back;',
        'until then it is the home that vouches for it, by its signature over the manifest of this pack.',
      ]
    : [
        'The receipt can be checked without this program, too, by cosign 3:',
        '',
        `    cosign verify-blob-attestation --key mc.pub --bundle receipt.sigstore.json --trusted-root trusted_root.json \\`,
        `      --type ${predicateTypes.run} --check-claims=false`,
      ];
  return `${[
    `# Disclosure pack of ${executionId}`,
    '',
    `What the tenant \`${tenant}\` of the home ${builder} discloses about one run of \`${workflow.name}@${workflow.version}\`, which ended as \`${state}\` at ${finishedOn}.`,
    '',
    '## How to check it',
    '',
    '    maestro verify PACK --key mc.pub',
    '',
    'This needs no server. It checks every byte of the pack against the signed manifest, and the manifest against the receipt of the run.',
    'Get `mc.pub` from the home itself (`maestro keys export -o mc.pub`): whoever could forge a pack could put a key of their own into it.',
    '',
    'By hand, with tar, cosign 3, jq and sha256sum, in an empty folder. cosign wants the one key that signed. The `mc.pub` of the pack is that of the receipt; compare its fingerprint with one',
    'that you trust. The home may have signed the manifest with a later key:',
    '',
    '    tar -xzf PACK',
    `    maestro keys export --key-id "$(jq -r .verificationMaterial.publicKey.hint manifest.sigstore.json)" -o manifest.pub`,
    '    cosign verify-blob-attestation --key manifest.pub --bundle manifest.sigstore.json --trusted-root trusted_root.json \\',
    `      --type ${predicateTypes.disclosure} manifest.json`,
    `    jq -r '.files[] | .digest[7:] + "  " + .path' manifest.json | sha256sum --check --strict`,
    '',
    ...receipt,
    '',
    '## What is in it',
    '',
    '| File | What it is |',
    '| --- | --- |',
    `| \`receipt.${isReceiptRedacted ? 'redacted' : 'sigstore'}.json\` | the signed receipt of the run: what ran, from which bytes, by which decision, at what cost |`,
    '| `provenance.json` | the same in short |',
    '| `sbom.cdx.json` | the packages that ran, CycloneDX 1.6 |',
    '| `decisions/` | every policy decision about the run with what was asked; `start.*` let it start, the others are by task and attempt |',
    '| `egress.*` | the signed trace of the network calls of its tasks, if any could make some |',
    '| `logs/` | what its tasks printed, one JSON record a line, by task and attempt |',
    '| `mc.pub`, `trusted_root.json` | the public key and the transparency log of the home, for cosign |',
    '| `manifest.json` | every file with its digest; signed in `manifest.sigstore.json` |',
    '',
    'Inputs and outputs are not in it: they are the data of the tenant. The receipt names them by their digests. What the receipt names and the home does not keep any more',
    'stands in `manifest.json` under `missing`.',
    '',
    '## What was left out',
    '',
    `The workflow handles data of the class \`${dataClass}\`, and what the rules for it found is replaced by \`[withheld:RULE:COMMITMENT]\`. A commitment is the SHA-256, as`,
    'base64url, of a secret salt of 32 bytes and the value. `manifest.json` says for each file how much was withheld and the digest of the original, which is the one in the',
    'receipt. The home can open any of it: `maestro verify PACK --openings FILE` checks the opened values against their commitments, and the originals against the receipt.',
    '',
  ].join('\n')}`;
}
