/**
 * The receipt of a run as an in-toto statement: SLSA provenance v1, with our own facts in the extension field `mc_receipt`, so that one signature
 * covers both (one KMS call a run) and every SLSA reader still understands it. Pure: the same run gives the same statement.
 */
import { canonicalJson, type Json, type JsonObject } from '../core/canonical-json.ts';
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

/** The statement that a receipt signs. */
export function buildRunStatement(config: HomeConfig, run: SealedRun): Statement {
  const { head } = run;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects(run),
    predicateType: predicateTypes.run,
    predicate: {
      buildDefinition: {
        buildType: runBuildType,
        externalParameters: {
          workflow: { name: head.workflow.name, version: head.workflow.version, digest: head.workflow.digest },
          inputsDigest: head.inputs.digest,
          files: Object.entries(head.files).map(([input, file]) => ({ input, name: file.name, digest: file.digest })),
          region: head.region,
        },
        internalParameters: internalParameters(config, run),
        resolvedDependencies: dependencies(run),
      },
      runDetails: {
        builder: { id: config.builderId, version: { 'maestro-conductor': config.version } },
        metadata: {
          invocationId: head.id,
          startedOn: isoTime(head.startedAt ?? head.createdAt),
          finishedOn: isoTime(head.endedAt ?? head.createdAt),
        },
        byproducts: logs(run),
      },
      mc_receipt: receiptFacts(run),
    },
  };
}

/** Where it ran, by the word of the home; the region is the one that was declared, and judged, when the run was admitted. */
function internalParameters({ cloud }: HomeConfig, { head, decision }: SealedRun): JsonObject {
  return { tenant: head.tenant, sandbox: head.sandbox, cloud, homeRegion: decision.input.home.region };
}

/** The outputs document first, then every task output by digest. */
function subjects({ tasks, outputs }: SealedRun): Subject[] {
  const document: Subject = { name: 'outputs.json', digest: { sha256: hexOf(digestBytes(outputsDocument(outputs))) } };
  const taskOutputs = tasks.flatMap((task): Subject[] =>
    task.outputs ? [{ name: `tasks/${task.id}/outputs.json`, digest: { sha256: hexOf(task.outputs.digest) } }] : [],
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
    name: 'manifest',
    uri: `mc:workflow/${head.workflow.name}@${head.workflow.version}`,
    digest: { sha256: hexOf(head.workflow.digest) },
  };
  return [manifest, ...[...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, dependency]) => dependency)];
}

/** Under the name that its release was signed with; the manifest's spelling stays as the name. */
function packageDependency(uses: string, digest: Digest, owner: TenantId): JsonObject {
  return { name: uses, uri: packagePurl(owner, { uses, digest }), digest: { sha256: hexOf(digest) } };
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
      : [{ name: `${folder}/${attempt}.ndjson`, digest: { sha256: hexOf(logDigest) }, mediaType: 'application/x-ndjson' }],
  );
}

/** What SLSA has no field for: state, steps as a Merkle list, decisions, cost, sandbox. */
function receiptFacts({ head, tasks, decision, objections }: SealedRun): JsonObject {
  const steps = tasks.map(stepFacts);
  return {
    version: 1,
    receiptId: head.receiptId,
    state: head.state,
    error: head.error,
    ...(head.cancellation && { cancellation: head.cancellation }),
    ...(head.retryOf && { retryOf: head.retryOf }),
    ...(head.replayOf && { replayOf: head.replayOf }),
    requestedBy: head.createdBy,
    requestedAt: isoTime(head.createdAt),
    steps: {
      merkle: 'RFC 6962, SHA-256, leaves are the canonical JSON of the entries',
      root: merkleRoot(steps.map((step) => canonicalJson(step))),
      entries: steps,
    },
    decisions: [decision, ...objections].map(decisionFacts),
    cost: {
      estimatedUsdMicros: head.estimatedCostUsdMicros,
      estimatedHighUsdMicros: head.estimatedCostHighUsdMicros,
      actualUsdMicros: head.actualCostUsdMicros,
      basis: 'measured',
      budgetDay: head.budgetDay,
    },
    sandbox: head.sandbox,
  };
}

function stepFacts(task: TaskRecord): JsonObject {
  const attempts = task.attempts.map(attemptFacts);
  // A task that never started is `skipped` in a sealed run: nothing will start it any more.
  const state = task.state === 'blocked' || task.state === 'ready' ? 'skipped' : task.state;
  return {
    task: task.id,
    uses: task.uses,
    packageDigest: task.packageDigest,
    state,
    attempts,
    outputsDigest: task.outputs?.digest ?? null,
    ...(task.reusedFrom && { reused: true, reusedFrom: task.reusedFrom }),
    costUsdMicros: task.costUsdMicros,
    compensation: task.compensation,
    compensationAttempts: task.compensationAttempts.map(attemptFacts),
  };
}

function attemptFacts({ decisions, egress, ...attempt }: Attempt): Json {
  const calls = egress && { egress: { ...egress, rows: egress.rows.map((row) => ({ ...row })) } };
  return { ...attempt, ...calls, decisions: decisions.map((decision): Json => ({ ...decision })) };
}

function decisionFacts(decision: DecisionFacts): JsonObject {
  return {
    id: decision.id,
    point: decision.point,
    verdict: decision.verdict,
    decidedAt: decision.decidedAt,
    task: decision.input.task?.id ?? null,
    packs: decision.packs.map(({ pack, digest, verdict, entries }) => ({
      pack,
      digest,
      verdict,
      entries: entries.map((entry) => ({ ...entry })),
    })),
  };
}
