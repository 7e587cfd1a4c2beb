import type { Json, JsonObject } from '../core/json/canonical-json.ts';
import { hexOf, type Digest } from '../core/digest.ts';
import { isoTime } from '../port/clock.ts';
import type { EgressTrace } from '../port/egress-trace.ts';
import type { HomeConfig } from '../port/deps.ts';
import { predicateTypes, type Statement } from '../receipt/statement.ts';
import type { ExecutionRecord, TaskRecord } from './execution-record.ts';
import { runBuildType } from './run-statement.ts';

/** What the proxy is called where readers ask which monitor it was. */
const monitorType = 'https://maestro-conductor.dev/monitors/egress-proxy/v1';

/** The calls of one attempt, by its name. */
export interface AttemptCalls {
  task: string;
  purpose: 'task' | 'compensation';
  attempt: number;
  egress: EgressTrace;
}

/** The calls of every attempt of these tasks that declares egress, in order. */
export function callsOf(tasks: readonly TaskRecord[]): AttemptCalls[] {
  return tasks.flatMap((task) =>
    (['task', 'compensation'] as const).flatMap((purpose) =>
      (purpose === 'task' ? task.attempts : task.compensationAttempts).flatMap(({ attempt, egress }) =>
        egress === undefined ? [] : [{ task: task.id, purpose, attempt, egress }],
      ),
    ),
  );
}

/** One line of the log of the monitor; names are those that version 0.2 of the predicate recommends, verdict and counts are ours. */
function networkLog({ egress, ...name }: AttemptCalls): JsonObject[] {
  return egress.rows.map(({ host, port, ...rest }) => ({ hostname: host, port, protocol: 'tcp', ...rest, ...name }));
}

/**
 * The network calls of a sealed run as an in-toto runtime trace: what each task was allowed, and what became of its calls. Pure: the same run gives the same
 * statement. It speaks about the same outputs as the receipt of the run.
 */
export function buildEgressStatement(
  { builderId, version }: HomeConfig,
  head: ExecutionRecord,
  { tasks, outputsDigest }: { tasks: readonly TaskRecord[]; outputsDigest: Digest },
): Statement {
  const calls = callsOf(tasks);
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'outputs.json', digest: { sha256: hexOf(outputsDigest) } }],
    predicateType: predicateTypes.egress,
    predicate: {
      monitor: {
        type: monitorType,
        configSource: {
          uri: `mc:workflow/${head.workflow.name}@${head.workflow.version}`,
          digest: { sha256: hexOf(head.workflow.digest) },
        },
        tracePolicy: { allow: tasks.map(({ id, egress }): Json => ({ task: id, egress: egress.map((rule) => ({ ...rule })) })) },
      },
      monitoredProcess: { hostID: builderId, type: runBuildType, event: head.id },
      monitorLog: { network: calls.flatMap(networkLog) },
      metadata: {
        buildStartedOn: isoTime(head.startedAt ?? head.createdAt),
        buildFinishedOn: isoTime(head.endedAt ?? head.createdAt),
      },
      mc_egress: {
        version: 1,
        receiptId: head.receiptId,
        sandbox: head.sandbox,
        home: { 'maestro-conductor': version },
        attempts: calls.map(({ egress: { mode, enforced, blocked, wouldBlock, unlisted }, ...name }): Json => ({
          ...name,
          mode,
          enforced,
          blocked,
          wouldBlock,
          unlisted,
        })),
      },
    },
  };
}
