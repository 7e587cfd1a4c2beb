import { digestJson, hexOf } from '../core/digest.ts';
import type { Json, JsonObject } from '../core/json/canonical-json.ts';
import type { HomeConfig } from '../port/deps.ts';
import { predicateTypes, type Statement } from '../receipt/statement.ts';
import type { Decision } from './decision.ts';
import { denyReasons } from './deny-reasons.ts';

/** The packs of a decision as one thing that has a digest: their names and the digests of their bundles, in the order of names. */
function policyDigest({ packs }: Decision): string {
  return hexOf(digestJson(packs.map(({ pack, digest }) => ({ pack, digest }))));
}

function facts(decision: Decision): JsonObject {
  const { id, point, verdict, executionId, packs, input } = decision;
  return {
    version: 1,
    id,
    point,
    verdict,
    executionId,
    actor: { ...input.actor },
    inputDigest: digestJson(input),
    packs: packs.map(({ pack, digest, verdict: said, entries }) => ({
      pack,
      digest,
      verdict: said,
      entries: entries.map((entry) => ({ ...entry })),
    })),
    deny: denyReasons(decision).map((reason): Json => ({ ...reason })),
  };
}

/**
 * The receipt of a decision: a SLSA verification summary (VSA v1) about the manifest that was judged, with our own facts in `mc_decision`, so that a
 * denial is as provable as a run. Pure: the same decision gives the same statement.
 */
export function buildDecisionStatement({ builderId, version }: Pick<HomeConfig, 'builderId' | 'version'>, decision: Decision): Statement {
  const { workflow } = decision.input;
  const isPassed = decision.verdict !== 'deny';
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `${workflow.name}@${workflow.version}`, digest: { sha256: hexOf(workflow.digest) } }],
    predicateType: predicateTypes.decision,
    predicate: {
      verifier: { id: builderId, version: { 'maestro-conductor': version } },
      timeVerified: decision.decidedAt,
      resourceUri:
        decision.executionId === null ? `mc:workflow/${workflow.name}@${workflow.version}` : `mc:execution/${decision.executionId}`,
      policy: { uri: `mc:policy/${decision.point}`, digest: { sha256: policyDigest(decision) } },
      inputAttestations: [{ uri: `mc:decision/${decision.id}`, digest: { sha256: hexOf(digestJson(decision)) } }],
      verificationResult: isPassed ? 'PASSED' : 'FAILED',
      verifiedLevels: [isPassed ? 'MC_POLICY_ALLOWED' : 'FAILED'],
      mc_decision: facts(decision),
    },
  };
}
