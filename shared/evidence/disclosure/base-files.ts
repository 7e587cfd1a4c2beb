/** The first part of a pack: what is read first, and what says how to check the rest. */
import { canonicalJson } from '../../core/json/canonical-json.ts';
import { digestBytes } from '../../core/digest.ts';
import { hasCode } from '../../core/errors.ts';
import { getDecisionReceipt } from '../../decision/decision-receipt.ts';
import { startDecision } from '../../execution/decision-log.ts';
import { getEgressAttestation } from '../../execution/read/get-run-egress.ts';
import { getReceipt } from '../../execution/read/get-receipt.ts';
import { publicKeyOf } from '../../keys/signer-keys.ts';
import { homeTrustedRoot } from '../../identity/home-trusted-root.ts';
import type { Bundle } from '../../receipt/bundle.ts';
import { Statement } from '../../receipt/statement.ts';
import { packFile, type PackFile } from '../pack/pack-entry.ts';
import { RedactedBundle } from '../pack/redacted-bundle.ts';
import { buildProvenanceExcerpt } from '../provenance-excerpt.ts';
import { buildReadme } from '../readme.ts';
import { readRunFacts, type RunFacts } from '../run-facts.ts';
import { buildSbom } from '../sbom.ts';
import { discloseArtifact, discloseBundle } from './disclose-artifact.ts';
import type { DisclosedRun } from './disclosed-run.ts';

const json = 'application/json';

/** The statement as the pack shows it: of the bundle, or of its redacted form. */
function shownStatement({ entry, bytes }: PackFile, bundle: Bundle): Statement {
  if (entry.source) return RedactedBundle.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).statement;
  return Statement.parse(JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8')));
}

/** The decision that let the run start, and its receipt; neither for a run of 0.1.0, whose decision stands in its receipt only. */
async function startFiles(run: DisclosedRun): Promise<PackFile[]> {
  const { deps, actor, head } = run;
  try {
    const text = canonicalJson(await startDecision(deps, head));
    const artifact = {
      name: 'decisions/start.json',
      mediaType: json,
      digest: digestBytes(text),
      source: { kind: 'inline', text },
    } as const;
    const receipt = await getDecisionReceipt(deps, actor, head.decisionId);
    return [await discloseArtifact(run, artifact, Buffer.from(text)), await discloseBundle(run, 'decisions/start', receipt)];
  } catch (error) {
    if (hasCode(error, 'mc:decision:not-found')) return [];
    throw error;
  }
}

/** The documents that are made from the receipt. */
function documentsOf(facts: RunFacts, { dataClass, isReceiptRedacted }: { dataClass: string; isReceiptRedacted: boolean }): PackFile[] {
  return [
    packFile('README.md', 'text/markdown', buildReadme(facts, { dataClass, isReceiptRedacted })),
    packFile('provenance.json', json, buildProvenanceExcerpt(facts)),
    packFile('sbom.cdx.json', 'application/vnd.cyclonedx+json', buildSbom(facts)),
  ];
}

/** The files of the first part, in their order. */
export async function baseFiles(run: DisclosedRun): Promise<PackFile[]> {
  const { deps, actor, head, rules, hasEgress } = run;
  const { bundle } = await getReceipt(deps, actor, head.id);
  const receipt = await discloseBundle(run, 'receipt', bundle);
  const facts = readRunFacts(shownStatement(receipt, bundle));
  const root = await homeTrustedRoot(deps);
  return [
    ...documentsOf(facts, { dataClass: rules.dataClass, isReceiptRedacted: receipt.entry.source !== undefined }),
    // The key that signed the receipt: the home may sign with another one by now, and the same pack has the same bytes for ever.
    packFile('mc.pub', 'application/x-pem-file', (await publicKeyOf(deps, bundle.verificationMaterial.publicKey.hint)).pem),
    packFile('trusted_root.json', json, `${JSON.stringify(root, undefined, 2)}\n`),
    receipt,
    ...(await startFiles(run)),
    ...(hasEgress ? [await discloseBundle(run, 'egress', await getEgressAttestation(deps, actor, head.id))] : []),
  ];
}
