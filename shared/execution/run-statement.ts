/**
 * The receipt of a run as an in-toto statement: SLSA provenance v1, with our own facts in the extension field `mc_receipt`, so that one signature
 * covers both (one KMS call a run) and every SLSA reader still understands it. Pure: the same run gives the same statement.
 */
import { canonicalJson, type JsonObject } from '../core/json/canonical-json.ts';
import { canonicalObject } from '../core/json/canonical-object.ts';
import { digestBytes, hexOf, type Digest } from '../core/digest.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { packagePurl } from '../package/package-purl.ts';
import { isoTime } from '../port/clock.ts';
import type { HomeConfig } from '../port/deps.ts';
import { statementText } from '../receipt/sign/statement-text.ts';
import { predicateTypes, type Subject } from '../receipt/statement.ts';
import type { Attempt } from './execution.ts';
import { receiptFacts } from './receipt-facts.ts';
import type { SealedRun } from './sealed-run.ts';

/** What a run is called where readers ask what kind of process it was. */
export const runBuildType = 'https://maestro-conductor.dev/build-types/workflow/v1';

/** The bytes of the first subject: the canonical JSON of the run's outputs. */
export function outputsDocument(outputs: JsonObject): string {
  return canonicalJson(outputs);
}

/**
 * What a receipt signs: the canonical JSON of its statement. It is put together from the texts of its parts, because the tree of steps is over those of the steps. Here and
 * below members stand in their canonical order.
 */
export function buildRunStatement(config: HomeConfig, run: SealedRun): string {
  const { head } = run;
  const definition: JsonObject = {
    buildType: runBuildType,
    externalParameters: {
      files: Object.entries(head.files).map(([input, file]) => ({ digest: file.digest, input, name: file.name })),
      inputsDigest: head.inputs.digest,
      region: head.region,
      workflow: { digest: head.workflow.digest, name: head.workflow.name, version: head.workflow.version },
    },
    internalParameters: internalParameters(config, run),
    resolvedDependencies: dependencies(run),
  };
  const details: JsonObject = {
    builder: { id: config.builderId, version: { 'maestro-conductor': config.version } },
    byproducts: logs(run),
    metadata: {
      finishedOn: isoTime(head.endedAt ?? head.createdAt),
      invocationId: head.id,
      startedOn: isoTime(head.startedAt ?? head.createdAt),
    },
  };
  return statementText({
    predicate: canonicalObject({
      buildDefinition: canonicalJson(definition),
      mc_receipt: receiptFacts(run),
      runDetails: canonicalJson(details),
    }),
    predicateType: predicateTypes.run,
    subject: subjects(run),
  });
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
