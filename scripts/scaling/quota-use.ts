/** From the calls of one run to what many of them at once need of an account, and how long each default makes them wait. Pure arithmetic. */
import { linesAtOnce } from '../../shared/execution/admit/start-executions.ts';
import { openPartitions } from '../../shared/execution/execution-record.ts';
import { pendingShards } from '../../shared/log/log-store.ts';
import { accountConcurrency, partitionLimits, queueScaling, quotas, type Quota } from './quotas.ts';
import { allPartitions, tasksOfRun, total, type RunUse } from './run-use.ts';

/** So many runs, submitted at once by so many tenants who each submit the same number. */
export interface Load {
  runs: number;
  tenants: number;
}

export interface QuotaUse {
  service: string;
  quota: string;
  perRun: number;
  total: number;
  /** Until the default lets the last one through; 0 when its burst takes all. */
  seconds: number;
  /** Whether a task waits for it before it starts. */
  delaysStart: boolean;
  source: string;
}

/** Seconds until a token bucket that is full has let so many through. */
export function drainSeconds({ burst, perSecond }: Pick<Quota, 'burst' | 'perSecond'>, count: number): number {
  return Math.max(0, count - burst) / perSecond;
}

/** States that a run goes through which succeeds: Dispatch, AwaitRun, HowItEnded, Seal, IsSealed, Record. */
export const statesOfRun = 6;

/** Those of them that call a function. */
export const phasesOfRun = 4;

/** What a load asks of every quota. */
export function quotaUse(run: RunUse, { runs }: Load): QuotaUse[] {
  const row = (service: string, quota: Quota, perRun: number, delaysStart: boolean): QuotaUse => ({
    service,
    quota: quota.name,
    perRun,
    total: perRun * runs,
    seconds: drainSeconds(quota, perRun * runs),
    delaysStart,
    source: `${quota.source}${quota.isRead ? '' : ' (unread)'}`,
  });
  const units = (stage: RunUse[keyof RunUse], name: 'writeUnits' | 'readUnits'): number =>
    stage.partitions.filter(({ partition }) => !isIndex(partition)).reduce((sum, use) => sum + use[name], 0);
  return [
    row('API Gateway', quotas.stage, 1, true),
    row('DynamoDB', { ...quotas.tableWrites, name: 'write units, admission' }, units(run.admission, 'writeUnits'), true),
    row('DynamoDB', { ...quotas.tableReads, name: 'read units, admission' }, units(run.admission, 'readUnits'), true),
    row(
      'DynamoDB',
      { ...quotas.tableWrites, name: 'write units, tasks and supervision' },
      units(run.tasks, 'writeUnits') + units(run.supervision, 'writeUnits'),
      false,
    ),
    row('Step Functions', quotas.startExecution, total(run, 'supervisionStarts'), false),
    row('Step Functions', quotas.transitions, statesOfRun, false),
    row('KMS', quotas.sign, total(run, 'signatures'), false),
    row('S3', quotas.objectPuts, total(run, 'blobPuts'), false),
    row('ECS (nothing runs there yet)', quotas.fargate, tasksOfRun, true),
  ];
}

/** Partitions of which there are several under one name, chosen by an id or a digest: their load is spread evenly. */
const shards = new Map([
  // One of them is that of versions before 0.3.0.
  ['gsi2 SYS#OPEN#<shard>', openPartitions.length - 1],
  ['SYS#LOG#PENDING#<shard>', pendingShards.length],
]);

/** Partitions of items that starts of a batch change and check once for all of a transaction, which is all that a slice of them takes. */
const oncePerTransaction = new Set(['T#<tenant>#USAGE', 'T#<tenant>']);

const isIndex = (partition: string): boolean => partition.startsWith('gsi');

export interface PartitionLoad {
  partition: string;
  writeUnitsOfAdmission: number;
  writeUnits: number;
  /** Starts a second that the partition (or all its shards) takes, and whole runs a second. */
  startsPerSecond: number;
  runsPerSecond: number;
  /** Starts a second that come in full batches. */
  startsPerSecondInBatches: number;
  /** Until the admissions of the load have gone through the partitions of this name. */
  secondsToAdmit: number;
}

/** A partition takes 1,000 units a second. Those named after a run are one each and no limit; those of a tenant share its load; the others share all of it, each shard a part. */
export function partitionLoads(run: RunUse, { runs, tenants }: Load): PartitionLoad[] {
  return allPartitions(run)
    .filter(({ partition, writeUnits }) => writeUnits > 0 && !partition.includes('<run>'))
    .map(({ partition, writeUnits }) => {
      const admission = run.admission.partitions.find((use) => use.partition === partition)?.writeUnits ?? 0;
      const spread = shards.get(partition) ?? 1;
      const sharing = (partition.includes('<tenant>') ? tenants : 1) * spread;
      const startsPerSecond = admission === 0 ? Infinity : Math.floor((partitionLimits.writeUnits * spread) / admission);
      return {
        partition,
        writeUnitsOfAdmission: admission,
        writeUnits,
        startsPerSecond,
        startsPerSecondInBatches: startsPerSecond * (oncePerTransaction.has(partition) ? linesAtOnce.aws : 1),
        runsPerSecond: Math.floor((partitionLimits.writeUnits * spread) / writeUnits),
        secondsToAdmit: (admission * runs) / sharing / partitionLimits.writeUnits,
      };
    });
}

/** How the queue is read: by how many invocations at most, and with how many pollers that are always there. */
export interface QueueReading {
  workersMax: number;
  pollers: number;
}

/**
 * Seconds until invocations of this length have worked off so many messages, each invocation taking one. Lambda begins with few invocations and adds some every minute, up to the
 * limit; so the first minute decides how long the first tasks of a burst wait.
 */
export function queueDrainSeconds(messages: number, secondsEach: number, { workersMax, pollers }: QueueReading): number {
  const isProvisioned = pollers > 0;
  const first = isProvisioned ? pollers * queueScaling.invocationsPerPoller : queueScaling.firstInvocations;
  const addedPerSecond = (isProvisioned ? queueScaling.addedPerMinuteProvisioned : queueScaling.addedPerMinute) / 60;
  const limit = Math.min(workersMax, accountConcurrency);
  let left = messages;
  let seconds = 0;
  while (left > 0) {
    const workers = Math.min(limit, first + addedPerSecond * seconds);
    const done = workers / secondsEach;
    if (done >= left) return seconds + left / done;
    left -= done;
    seconds += 1;
  }
  return seconds;
}
