/** What a run left behind, by name: what each thing is, its digest, and where its bytes are. Names are those of the receipt where it has one. */
import type { Digest } from '../core/digest.ts';
import { decisionLogKey } from '../execution/decision-log.ts';
import type { AttemptRecord, ExecutionRecord, TaskRecord } from '../execution/execution-record.ts';
import type { Attempt } from '../execution/execution.ts';
import type { StoredJson } from '../execution/stored-json.ts';
import type { BlobKind } from '../port/blob-store.ts';
import type { Key } from '../port/table.ts';
import { bundleMediaType } from '../receipt/media-types.ts';

/** Where the bytes of an artifact are: a blob, the text of an item about a run's decisions, a stored value, or here. */
export type ArtifactSource =
  | { kind: 'blob'; blob: BlobKind }
  | { kind: 'decisions'; key: Key; executionId: ExecutionRecord['id'] }
  | { kind: 'value'; stored: StoredJson }
  | { kind: 'inline'; text: string };

/** One artifact of a run; `digest` is the SHA-256 of its bytes. */
export interface Artifact {
  name: string;
  mediaType: string;
  digest: Digest;
  source: ArtifactSource;
}

const json = 'application/json';
const ndjson = 'application/x-ndjson';

function storedJson(name: string, stored: StoredJson): Artifact {
  return { name, mediaType: json, digest: stored.digest, source: { kind: 'value', stored } };
}

/** What belongs to the run as a whole. The receipt is there once the run is sealed; `bundleDigest` is what its item says. */
export function artifactsOfRun(head: ExecutionRecord, bundleDigest: Digest | undefined): Artifact[] {
  return [
    ...(bundleDigest === undefined
      ? []
      : [
          {
            name: 'receipt.sigstore.json',
            mediaType: bundleMediaType,
            digest: bundleDigest,
            source: { kind: 'blob', blob: 'receipt' } as const,
          },
        ]),
    { name: 'workflow.json', mediaType: json, digest: head.workflow.digest, source: { kind: 'blob', blob: 'data' } },
    storedJson('inputs.json', head.inputs),
    ...Object.entries(head.files).map(([input, { digest }]): Artifact => ({
      name: `files/${input}`,
      mediaType: 'application/octet-stream',
      digest,
      source: { kind: 'blob', blob: 'data' },
    })),
    ...(head.outputs === null ? [] : [storedJson('outputs.json', head.outputs)]),
  ];
}

/** What a log of an attempt is called, as in the receipt. */
export function logsOfTask(task: TaskRecord): Artifact[] {
  const logs = (folder: string, attempts: readonly Attempt[]): Artifact[] =>
    attempts.flatMap(({ attempt, logDigest: digest }): Artifact[] =>
      digest === null ? [] : [{ name: `${folder}/${attempt}.ndjson`, mediaType: ndjson, digest, source: { kind: 'blob', blob: 'log' } }],
    );
  return [...logs(`logs/${task.id}`, task.attempts), ...logs(`logs/${task.id}/compensation`, task.compensationAttempts)];
}

/** The texts of decisions about the attempts of a task, whose digests the receipt holds. */
export function decisionsOfTask(head: ExecutionRecord, task: TaskRecord): Artifact[] {
  const texts = (folder: string, purpose: 'task' | 'compensation', attempts: readonly AttemptRecord[]): Artifact[] =>
    attempts.flatMap((record): Artifact[] => {
      const { attempt, decisionsDigest: digest } = record;
      if (digest === null) return [];
      const key = decisionLogKey(head, task, purpose, record);
      return [{ name: `${folder}/${attempt}.json`, mediaType: json, digest, source: { kind: 'decisions', key, executionId: head.id } }];
    });
  return [
    ...texts(`decisions/${task.id}`, 'task', task.attempts),
    ...texts(`decisions/${task.id}/compensation`, 'compensation', task.compensationAttempts),
  ];
}

/** Everything that belongs to one task: its outputs, and of each attempt the log and the decisions. */
export function artifactsOfTask(head: ExecutionRecord, task: TaskRecord): Artifact[] {
  const outputs = task.outputs === null ? [] : [storedJson(`tasks/${task.id}/outputs.json`, task.outputs)];
  return [...outputs, ...logsOfTask(task), ...decisionsOfTask(head, task)];
}
