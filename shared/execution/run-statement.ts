/**
 * The receipt of a run as an in-toto statement: SLSA provenance v1, with our own facts in the extension field `mc_receipt`, so that one signature
 * covers both (one KMS call a run) and every SLSA reader still understands it. Pure: the same run gives the same statement.
 */
import { canonicalJson, type JsonObject } from '../core/json/canonical-json.ts';
import { digestBytes, hexOf, type Digest } from '../core/digest.ts';
import { merkleRoot } from '../core/merkle.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Decision } from '../decision/decision.ts';
import { packagePurl } from '../package/package-purl.ts';
import { isoTime } from '../port/clock.ts';
import type { HomeConfig } from '../port/deps.ts';
import { predicateTypes, type Statement, type Subject } from '../receipt/statement.ts';
import type { DecisionFacts } from './decision-log.ts';
import type { ExecutionRecord, TaskRecord } from './execution-record.ts';
import type { Attempt } from './execution.ts';

/** What a run is called where readers ask what kind of process it was. */
export const runBuildType = 'https://maestro-conductor.dev/build-types/workflow/v1';

export interface SealedRun {
  head: ExecutionRecord;
  tasks: readonly TaskRecord[];
  /** What let it start. */
  decision: DecisionFacts;
  /** What policy said about attempts, where it was not a plain allow. */
  objections: readonly Decision[];
  outputs: JsonObject;
}

/** The bytes of the first subject: the canonical JSON of the run's outputs. */
export function outputsDocument(outputs: JsonObject): string {
  return canonicalJson(outputs);
}

/** The statement that a receipt signs. Here and below members stand in their canonical order, which saves sorting them for every receipt. */
export function buildRunStatement(config: HomeConfig, run: SealedRun): Statement {
  const { head } = run;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    predicate: {
      buildDefinition: {
        buildType: runBuildType,
        externalParameters: {
          files: Object.entries(head.files).map(([input, file]) => ({ digest: file.digest, input, name: file.name })),
          inputsDigest: head.inputs.digest,
          region: head.region,
          workflow: { digest: head.workflow.digest, name: head.workflow.name, version: head.workflow.version },
        },
        internalParameters: internalParameters(config, run),
        resolvedDependencies: dependencies(run),
      },
      mc_receipt: receiptFacts(run),
      runDetails: {
        builder: { id: config.builderId, version: { 'maestro-conductor': config.version } },
        byproducts: logs(run),
        metadata: {
          finishedOn: isoTime(head.endedAt ?? head.createdAt),
          invocationId: head.id,
          startedOn: isoTime(head.startedAt ?? head.createdAt),
        },
      },
    },
    predicateType: predicateTypes.run,
    subject: subjects(run),
  };
}

/** Where it ran, by the word of the home; the region is the one that was declared, and judged, when the run was admitted. */
function internalParameters({ cloud }: HomeConfig, { head, decision }: SealedRun): JsonObject {
  return { cloud, homeRegion: decision.input.home.region, sandbox: head.sandbox, tenant: head.tenant };
}

/** The outputs document first, then every task output by digest. */
function subjects({ tasks, outputs }: SealedRun): Subject[] {
  const document: Subject = { digest: { sha256: hexOf(digestBytes(outputsDocument(outputs))) }, name: 'outputs.json' };
  const taskOutputs = tasks.flatMap((task): Subject[] =>
    task.outputs ? [{ digest: { sha256: hexOf(task.outputs.digest) }, name: `tasks/${task.id}/outputs.json` }] : [],
  );
  return [document, ...taskOutputs];
}

/** The manifest, and every package with the digest of the bytes that ran. */
function dependencies({ head, tasks }: SealedRun): JsonObject[] {
  const packages = new Map<string, JsonObject>();
  for (const { uses, packageDigest, packageOwner, compensateUses, compensateDigest, compensateOwner } of tasks) {
    packages.set(uses, packageDependency(uses, packageDigest, packageOwner));
    if (compensateUses !== null && compensateDigest !== null && compensateOwner !== null)
      packages.set(compensateUses, packageDependency(compensateUses, compensateDigest, compensateOwner));
  }
  const manifest = {
    digest: { sha256: hexOf(head.workflow.digest) },
    name: 'manifest',
    uri: `mc:workflow/${head.workflow.name}@${head.workflow.version}`,
  };
  return [manifest, ...[...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, dependency]) => dependency)];
}

/** Under the name that its release was signed with; the manifest's spelling stays as the name. */
function packageDependency(uses: string, digest: Digest, owner: TenantId): JsonObject {
  return { digest: { sha256: hexOf(digest) }, name: uses, uri: packagePurl(owner, { uses, digest }) };
}

function logs({ tasks }: SealedRun): JsonObject[] {
  return tasks.flatMap((task) => [
    ...logsOf(`logs/${task.id}`, task.attempts),
    ...logsOf(`logs/${task.id}/compensation`, task.compensationAttempts),
  ]);
}

function logsOf(folder: string, attempts: readonly Attempt[]): JsonObject[] {
  return attempts.flatMap(({ attempt, logDigest }): JsonObject[] =>
    logDigest === null
      ? []
      : [{ digest: { sha256: hexOf(logDigest) }, mediaType: 'application/x-ndjson', name: `${folder}/${attempt}.ndjson` }],
  );
}

/** What SLSA has no field for: state, steps as a Merkle list, decisions, cost, sandbox. */
function receiptFacts({ head, tasks, decision, objections }: SealedRun): JsonObject {
  const steps = tasks.map(stepFacts);
  return {
    ...(head.cancellation && { cancellation: head.cancellation }),
    cost: {
      actualUsdMicros: head.actualCostUsdMicros,
      basis: 'measured',
      budgetDay: head.budgetDay,
      estimatedHighUsdMicros: head.estimatedCostHighUsdMicros,
      estimatedUsdMicros: head.estimatedCostUsdMicros,
    },
    decisions: [decision, ...objections].map(decisionFacts),
    error: head.error,
    receiptId: head.receiptId,
    ...(head.replayOf && { replayOf: head.replayOf }),
    requestedAt: isoTime(head.createdAt),
    requestedBy: head.createdBy,
    ...(head.retryOf && { retryOf: head.retryOf }),
    sandbox: head.sandbox,
    state: head.state,
    steps: {
      entries: steps,
      merkle: 'RFC 6962, SHA-256, leaves are the canonical JSON of the entries',
      root: merkleRoot(steps.map((step) => canonicalJson(step))),
    },
    version: 1,
  };
}

function stepFacts(task: TaskRecord): JsonObject {
  const attempts = task.attempts.map(attemptFacts);
  // A task that never started is `skipped` in a sealed run: nothing will start it any more.
  const state = task.state === 'blocked' || task.state === 'ready' ? 'skipped' : task.state;
  return {
    attempts,
    compensation: task.compensation,
    compensationAttempts: task.compensationAttempts.map(attemptFacts),
    costUsdMicros: task.costUsdMicros,
    outputsDigest: task.outputs?.digest ?? null,
    packageDigest: task.packageDigest,
    ...(task.reusedFrom && { reused: true, reusedFrom: task.reusedFrom }),
    state,
    task: task.id,
    uses: task.uses,
  };
}

function attemptFacts(attempt: Attempt): JsonObject {
  const { egress } = attempt;
  return {
    attempt: attempt.attempt,
    decisions: attempt.decisions.map(({ id, point, verdict }) => ({ id, point, verdict })),
    decisionsDigest: attempt.decisionsDigest,
    ...(egress && { egress: { ...egress, rows: egress.rows.map((row) => ({ ...row })) } }),
    endedAt: attempt.endedAt,
    failure: attempt.failure,
    inputsDigest: attempt.inputsDigest,
    logDigest: attempt.logDigest,
    message: attempt.message,
    outputsDigest: attempt.outputsDigest,
    sandbox: attempt.sandbox,
    startedAt: attempt.startedAt,
    wallMs: attempt.wallMs,
  };
}

function decisionFacts(decision: DecisionFacts): JsonObject {
  return {
    decidedAt: decision.decidedAt,
    id: decision.id,
    packs: decision.packs.map(({ pack, digest, verdict, entries }) => ({
      digest,
      entries: entries.map((entry) => ({ ...entry })),
      pack,
      verdict,
    })),
    point: decision.point,
    task: decision.input.task?.id ?? null,
    verdict: decision.verdict,
  };
}
