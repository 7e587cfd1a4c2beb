/** What the documents of a pack need of a receipt, read from its statement: so they say nothing that the receipt does not, and a verifier can make them again. */
import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import { idSchema } from '../core/id.ts';
import type { Statement } from '../receipt/statement.ts';

const Sha256 = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const Attempt = z.looseObject({ attempt: z.int(), decisionsDigest: Digest.nullable().optional() });

const Predicate = z.object({
  buildDefinition: z.object({
    externalParameters: z.object({ workflow: z.object({ name: z.string(), version: z.string(), digest: Digest }) }),
    internalParameters: z.looseObject({ tenant: z.string() }),
    resolvedDependencies: z.array(z.object({ name: z.string(), uri: z.string(), digest: Sha256 })).min(1),
  }),
  runDetails: z.object({
    builder: z.object({ id: z.string(), version: z.record(z.string(), z.string()) }),
    metadata: z.object({ invocationId: idSchema('exec'), startedOn: z.iso.datetime(), finishedOn: z.iso.datetime() }),
    byproducts: z.array(z.object({ name: z.string(), digest: Sha256 })),
  }),
  mc_receipt: z.looseObject({
    receiptId: idSchema('rcpt'),
    state: z.string(),
    steps: z.object({
      root: Digest,
      entries: z.array(
        z.looseObject({
          task: z.string(),
          uses: z.string(),
          packageDigest: Digest,
          state: z.string(),
          attempts: z.array(Attempt),
          compensationAttempts: z.array(Attempt).default([]),
          outputsDigest: Digest.nullable(),
        }),
      ),
    }),
    decisions: z.array(z.looseObject({ id: z.string(), point: z.string(), verdict: z.string() })),
    cost: z.record(z.string(), z.json()),
    sandbox: z.string(),
  }),
});

/** A log or a text of decisions that the receipt names: where a pack has it, and its digest. */
export interface NamedDigest {
  path: string;
  digest: Digest;
}

export interface RunFacts {
  executionId: string;
  tenant: string;
  receiptId: string;
  state: string;
  builder: string;
  homeVersion: string;
  startedOn: string;
  finishedOn: string;
  sandbox: string;
  cost: z.infer<typeof Predicate>['mc_receipt']['cost'];
  workflow: { name: string; version: string; uri: string; sha256: string };
  packages: { name: string; uri: string; sha256: string }[];
  stepsRoot: Digest;
  steps: z.infer<typeof Predicate>['mc_receipt']['steps']['entries'];
  decisions: { id: string; point: string; verdict: string }[];
  logs: NamedDigest[];
  decisionTexts: NamedDigest[];
}

function decisionTextsOf(steps: RunFacts['steps']): NamedDigest[] {
  const named = (folder: string, attempts: z.infer<typeof Attempt>[]): NamedDigest[] =>
    attempts.flatMap(({ attempt, decisionsDigest }) =>
      decisionsDigest === null || decisionsDigest === undefined ? [] : [{ path: `${folder}/${attempt}.json`, digest: decisionsDigest }],
    );
  return steps.flatMap(({ task, attempts, compensationAttempts }) => [
    ...named(`decisions/${task}`, attempts),
    ...named(`decisions/${task}/compensation`, compensationAttempts),
  ]);
}

/** The facts of a run's receipt; throws `mc:receipt:invalid` for a statement that is no receipt of a run. */
export function readRunFacts(statement: Statement): RunFacts {
  const parsed = Predicate.safeParse(statement.predicate);
  if (!parsed.success) throw new McError('mc:receipt:invalid', 'the statement is not the receipt of a run', { cause: parsed.error });
  const { buildDefinition, runDetails, mc_receipt: receipt } = parsed.data;
  const { workflow } = buildDefinition.externalParameters;
  const [manifest, ...packages] = buildDefinition.resolvedDependencies.map(({ name, uri, digest }) => ({ name, uri, ...digest }));
  return {
    executionId: runDetails.metadata.invocationId,
    tenant: buildDefinition.internalParameters.tenant,
    receiptId: receipt.receiptId,
    state: receipt.state,
    builder: runDetails.builder.id,
    homeVersion: runDetails.builder.version['maestro-conductor'] ?? '',
    startedOn: runDetails.metadata.startedOn,
    finishedOn: runDetails.metadata.finishedOn,
    sandbox: receipt.sandbox,
    cost: receipt.cost,
    workflow: { name: workflow.name, version: workflow.version, uri: manifest?.uri ?? '', sha256: manifest?.sha256 ?? '' },
    packages,
    stepsRoot: receipt.steps.root,
    steps: receipt.steps.entries,
    decisions: receipt.decisions.map(({ id, point, verdict }) => ({ id, point, verdict })),
    logs: runDetails.byproducts.map(({ name, digest }) => ({ path: name, digest: `sha256:${digest.sha256}` })),
    decisionTexts: decisionTextsOf(receipt.steps.entries),
  };
}
