/** The receipt in a pack, and everything in the pack that the receipt speaks of. */
import { z } from 'zod';
import { canonicalJson } from '../../core/json/canonical-json.ts';
import type { Digest } from '../../core/digest.ts';
import { merkleRoot } from '../../core/merkle.ts';
import { predicateTypes, type Statement } from '../../receipt/statement.ts';
import type { DisclosureManifest } from '../pack/disclosure-manifest.ts';
import { RedactedBundle } from '../pack/redacted-bundle.ts';
import { readRunFacts, type NamedDigest, type RunFacts } from '../run-facts.ts';
import type { PackContents } from './pack-contents.ts';
import { refusePack } from './refuse-pack.ts';
import { keyFor, verifySigned, type Trust } from './trust.ts';

/** The statement of a signed file under one of its two names. A redacted one is vouched for by the manifest, and must name a trusted key all the same. */
function statementOf(
  contents: PackContents,
  trust: Trust,
  name: string,
  predicateType: string,
): { statement: Statement; isRedacted: boolean } {
  const [whole, redacted] = [`${name}.sigstore.json`, `${name}.redacted.json`];
  if (contents.has(whole)) {
    if (contents.has(redacted)) throw refusePack(`it has both ${whole} and ${redacted}`);
    return { statement: verifySigned(trust, whole, contents.json(whole), { predicateType }).statement, isRedacted: false };
  }
  const parsed = RedactedBundle.safeParse(contents.json(redacted));
  if (!parsed.success) throw refusePack(`${redacted} is no redacted bundle`, parsed.error);
  const { statement, dsseEnvelope } = parsed.data;
  keyFor(trust, dsseEnvelope.signatures[0]?.keyid ?? '');
  if (statement.predicateType !== predicateType) throw refusePack(`${redacted} is of type ${statement.predicateType}`);
  if (!contents.entry(redacted)?.source) throw refusePack(`nothing says what ${redacted} was before something was withheld`);
  return { statement, isRedacted: true };
}

/** What the receipt names is in the pack with the digest that the receipt has, or its absence is admitted; and the pack has nothing that the receipt does not name. */
function checkNamed(contents: PackContents, { missing }: DisclosureManifest, folder: string, named: readonly NamedDigest[]): void {
  const absent = new Map(missing.map(({ path, digest }) => [path, digest]));
  const expected = new Map<string, Digest>(named.map(({ path, digest }) => [path, digest]));
  for (const [path, digest] of expected) {
    const found = contents.original(path) ?? absent.get(path);
    if (found === undefined) throw refusePack(`the receipt names ${path}, which is not in the pack`);
    if (found !== digest) throw refusePack(`${path} is not the one that the receipt names`);
  }
  for (const { path } of contents.files)
    if (path.startsWith(folder) && !path.startsWith('decisions/start.') && !expected.has(path))
      throw refusePack(`the receipt does not name ${path}`);
}

function checkIdentity(facts: RunFacts, manifest: DisclosureManifest): void {
  const same = (['executionId', 'tenant', 'receiptId', 'builder'] as const).every((field) => facts[field] === manifest[field]);
  if (!same) throw refusePack('its receipt is of another run than its manifest');
}

const Vsa = z.looseObject({
  inputAttestations: z.array(z.object({ digest: z.object({ sha256: z.string() }) })).min(1),
  mc_decision: z.looseObject({ id: z.string(), executionId: z.string().nullable() }),
});

/** The decision that let the run start: its own receipt speaks of exactly the text in the pack. */
function checkStart(contents: PackContents, trust: Trust, facts: RunFacts): void {
  if (!contents.has('decisions/start.json')) return;
  const { statement } = statementOf(contents, trust, 'decisions/start', predicateTypes.decision);
  const { success, data } = Vsa.safeParse(statement.predicate);
  if (!success || data.mc_decision.executionId !== facts.executionId || data.mc_decision.id !== facts.decisions[0]?.id)
    throw refusePack('decisions/start.sigstore.json speaks of another decision than the receipt');
  if (`sha256:${data.inputAttestations[0]?.digest.sha256}` !== contents.original('decisions/start.json'))
    throw refusePack('decisions/start.json is not the decision that was signed');
}

/** The receipt verifies, is of the run that the manifest names, and fits every log and decision of the pack. Throws `mc:disclosure:invalid`. */
export function checkReceipt(
  contents: PackContents,
  trust: Trust,
  manifest: DisclosureManifest,
): { facts: RunFacts; isReceiptRedacted: boolean } {
  const { statement, isRedacted } = statementOf(contents, trust, 'receipt', predicateTypes.run);
  const facts = readRunFacts(statement);
  checkIdentity(facts, manifest);
  // A redacted step has another digest; its original is checked when it is opened.
  if (!isRedacted && merkleRoot(facts.steps.map((step) => canonicalJson(step))) !== facts.stepsRoot)
    throw refusePack('the steps in the receipt do not have the root that it names');
  checkNamed(contents, manifest, 'logs/', facts.logs);
  checkNamed(contents, manifest, 'decisions/', facts.decisionTexts);
  checkStart(contents, trust, facts);
  if (contents.files.some(({ path }) => path.startsWith('egress.'))) statementOf(contents, trust, 'egress', predicateTypes.egress);
  return { facts, isReceiptRedacted: isRedacted };
}
