/** Every alarm as data: what it says, on which metric, from which value on. Its page in docs/runbooks has its name. */
import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { metricNames } from '../../shared/port/metrics.ts';
import type { BackupStack } from '../backup-stack.ts';
import type { ApiStack } from '../api-stack.ts';
import type { ExecutionStack } from '../execution-stack.ts';
import type { HomeParts } from '../home-environment.ts';
import { ownMetric, period } from './own-metric.ts';

export interface AlarmSpec {
  alarmName: string;
  what: string;
  metric: IMetric;
  threshold: number;
  periods?: number;
  /** `heartbeat` is for what must happen and did not: fewer than the threshold, or nothing at all, is the alarm. Default `at-least`. */
  when?: 'at-least' | 'above' | 'heartbeat';
  /** A percentile of a handful of samples is their worst; with this such periods say nothing. */
  ignoresFewSamples?: boolean;
}

export interface WatchedParts {
  /** Whose metrics are looked at: several homes can live in one account. */
  stage: string;
  parts: HomeParts;
  execution: ExecutionStack;
  api: ApiStack;
  /** Absent where nightly backups are made elsewhere. */
  backup?: BackupStack | undefined;
}

/** The alarms of a home, in the order of docs/runbooks/README.md. */
export function alarmSpecs(watched: WatchedParts): AlarmSpec[] {
  return [
    ...apiAlarms(watched),
    ...runAlarms(watched),
    ...runnerAlarms(watched),
    ...logAlarms(watched),
    ...keyAlarms(watched),
    ...evidenceAlarms(watched),
    ...retentionAlarms(watched),
    ...governanceAlarms(watched),
    ...backupAlarms(watched),
  ];
}

function apiAlarms({ api, parts }: WatchedParts): AlarmSpec[] {
  return [
    {
      alarmName: 'mc-api-errors',
      what: 'The API answered 5xx.',
      metric: api.api.metricServerError({ period, statistic: 'Sum' }),
      threshold: 5,
    },
    {
      alarmName: 'mc-api-latency',
      what: 'One request in twenty takes more than 3 s.',
      metric: api.api.metricLatency({ period, statistic: 'p95' }),
      threshold: 3_000,
      periods: 3,
    },
    {
      alarmName: 'mc-table-throttles',
      what: 'DynamoDB throttles writes to the table.',
      metric: parts.table.table.metric('WriteThrottleEvents', { period, statistic: 'Sum' }),
      threshold: 1,
      periods: 2,
    },
  ];
}

function runAlarms({ stage, execution }: WatchedParts): AlarmSpec[] {
  return [
    {
      alarmName: 'mc-receipt-verify-failures',
      what: 'A receipt did not verify after it was signed; its run cannot end.',
      metric: ownMetric(stage, metricNames.receiptVerifyFailuresTotal, 'Sum'),
      threshold: 1,
    },
    {
      alarmName: 'mc-supervision-failures',
      what: 'The state machine of a run failed; the run stays open.',
      metric: execution.supervisor.metricFailed({ period, statistic: 'Sum' }),
      threshold: 1,
    },
    {
      alarmName: 'mc-task-dead-letters',
      what: 'Task messages failed five times and were put aside.',
      metric: execution.deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
      threshold: 1,
    },
    {
      alarmName: 'mc-task-queue-age',
      what: 'Ready tasks wait for more than two minutes.',
      metric: execution.queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' }),
      threshold: 120,
      periods: 2,
    },
    {
      alarmName: 'mc-worker-errors',
      what: 'The worker function itself failed (not the tasks it runs).',
      metric: execution.worker.function.metricErrors({ period, statistic: 'Sum' }),
      threshold: 1,
      periods: 2,
    },
    {
      alarmName: 'mc-sweep-silent',
      what: 'The sweep of open runs did not run; what a crash leaves behind stays there.',
      metric: execution.sweep.function.metricInvocations({ period, statistic: 'Sum' }),
      threshold: 1,
      periods: 3,
      when: 'heartbeat',
    },
    {
      alarmName: 'mc-sweep-errors',
      what: 'The sweep of open runs failed, or could not look after some of them; what a crash leaves behind stays there.',
      metric: execution.sweep.function.metricErrors({ period, statistic: 'Sum' }),
      threshold: 1,
      periods: 2,
    },
  ];
}

/** The transparency log is worth what its monitor is worth, so that one is watched too. */
function logAlarms({ stage, execution: { log } }: WatchedParts): AlarmSpec[] {
  return [
    {
      alarmName: 'mc-log-differs',
      what: 'The transparency log and the table differ: something was changed, removed or added past the engine.',
      metric: ownMetric(stage, metricNames.logDifferencesTotal, 'Sum'),
      threshold: 1,
    },
    {
      alarmName: 'mc-log-errors',
      what: 'The transparency log could not be appended to.',
      metric: log.sequencer.function.metricErrors({ period, statistic: 'Sum' }),
      threshold: 1,
      periods: 2,
    },
    {
      alarmName: 'mc-log-monitor-silent',
      what: 'The monitor of the transparency log did not run, or failed; nobody would notice a difference.',
      // It counts its differences after every look, none too.
      metric: ownMetric(stage, metricNames.logDifferencesTotal, 'SampleCount'),
      threshold: 1,
      periods: 4,
      when: 'heartbeat',
    },
  ];
}

/** A rotation that does not end leaves two keys where there should be one. */
function keyAlarms({ stage, execution: { keyRotation } }: WatchedParts): AlarmSpec[] {
  return [
    {
      alarmName: 'mc-key-rotation-pending',
      what: 'A rotation of keys is pending for more than seven days.',
      // It is looked at every hour.
      metric: ownMetric(stage, metricNames.rotationPendingMs, 'Maximum').with({ period: Duration.hours(2) }),
      threshold: 7 * 24 * 3_600_000,
      when: 'above',
    },
    {
      alarmName: 'mc-key-watch-errors',
      what: 'Nobody looks at the keys: the watch of their rotations failed for two hours.',
      metric: keyRotation.watch.function.metricErrors({ period: Duration.hours(1), statistic: 'Sum' }),
      threshold: 1,
      periods: 2,
    },
  ];
}

/** What must go by a rule and does not is a promise broken; nobody would notice otherwise. */
function retentionAlarms({ stage, execution: { retention } }: WatchedParts): AlarmSpec[] {
  return [
    {
      alarmName: 'mc-purge-failures',
      what: 'A purge failed; what it began is carried on by the next round.',
      metric: ownMetric(stage, metricNames.purgeFailuresTotal, 'Sum'),
      threshold: 1,
    },
    {
      alarmName: 'mc-purge-stopped',
      what: 'A round of retention ended before it had looked at every tenant.',
      // It has no limit of its own that it could time out by.
      metric: retention.machine.metricFailed({ period, statistic: 'Sum' }),
      threshold: 1,
    },
    {
      alarmName: 'mc-purge-behind',
      what: 'Something that no legal hold keeps was due more than two days ago and is still there.',
      metric: ownMetric(stage, metricNames.purgeBehindDays, 'Maximum'),
      threshold: 2,
      when: 'above',
    },
    {
      alarmName: 'mc-purge-silent',
      what: 'No round of retention looked at any tenant for more than a day; there is one every night.',
      metric: ownMetric(stage, metricNames.purgeBehindDays, 'SampleCount').with({ period: Duration.hours(6) }),
      threshold: 1,
      periods: 5,
      when: 'heartbeat',
    },
  ];
}

/** Whoever waits for a disclosure pack has an auditor waiting. */
function evidenceAlarms({ stage }: WatchedParts): AlarmSpec[] {
  return [
    {
      alarmName: 'mc-disclosure-slow',
      what: 'A disclosure pack, or a part of one, took longer than a minute.',
      metric: ownMetric(stage, metricNames.evidencePackMs, 'Maximum'),
      threshold: 60_000,
      when: 'above',
    },
    {
      alarmName: 'mc-redaction-failures',
      what: 'A file of a disclosure pack could not be redacted, and the pack was not made.',
      metric: ownMetric(stage, metricNames.redactionFailuresTotal, 'Sum'),
      threshold: 1,
    },
  ];
}

/** What people and runs wait for, and what tasks were kept from. */
function runnerAlarms({ stage }: WatchedParts): AlarmSpec[] {
  return [
    {
      alarmName: 'mc-queue-slow',
      what: 'One ready task in twenty waits 900 ms or longer until it is claimed.',
      metric: ownMetric(stage, metricNames.queueMs, 'p95'),
      threshold: 900,
      periods: 3,
      // A home that runs something now and then has a cold worker each time, and nobody who could do anything about it.
      ignoresFewSamples: true,
    },
    {
      alarmName: 'mc-action-latency',
      what: 'One cancel, retry or replay in twenty takes 800 ms or longer.',
      metric: ownMetric(stage, metricNames.actionLatencyMs, 'p95'),
      threshold: 800,
      periods: 3,
    },
    {
      alarmName: 'mc-egress-blocks',
      what: 'More than 20 network calls of tasks were blocked in five minutes.',
      metric: ownMetric(stage, metricNames.egressBlockTotal, 'Sum'),
      threshold: 20,
      when: 'above',
    },
  ];
}

/** What the operator of a home with several tenants wants to know before the tenants tell. */
function governanceAlarms({ stage }: WatchedParts): AlarmSpec[] {
  return [
    {
      alarmName: 'mc-budget-near-limit',
      what: 'A tenant has spent or reserved more than 90 % of the budget of its day.',
      metric: ownMetric(stage, metricNames.budgetPercent, 'Maximum'),
      threshold: 90,
      when: 'above',
    },
    {
      alarmName: 'mc-denies-high',
      // A count, not a share: people who try a workflow out are denied three times in a row, and of three that would be all.
      what: 'Policy denied more than 20 times in five minutes, for a quarter of an hour.',
      metric: ownMetric(stage, metricNames.policyDeniesTotal, 'Sum'),
      threshold: 20,
      periods: 3,
      when: 'above',
    },
    {
      alarmName: 'mc-policy-eval-slow',
      what: 'One policy decision in twenty takes more than 50 ms.',
      metric: ownMetric(stage, metricNames.policyEvalMs, 'p95'),
      threshold: 50,
      periods: 3,
      when: 'above',
    },
    {
      alarmName: 'mc-estimator-drift',
      what: 'One run in four costs over 10 % more or less than was estimated.',
      // The first runs of every new package are off, because nothing was learned yet; a higher percentile would ring for each of them.
      metric: ownMetric(stage, metricNames.estimatorDrift, 'p75'),
      threshold: 10,
      periods: 6,
      when: 'above',
    },
  ];
}

/** Nobody misses a backup before the day on which it is needed. */
function backupAlarms({ backup }: WatchedParts): AlarmSpec[] {
  if (!backup) return [];
  return [
    {
      alarmName: 'mc-backup-old',
      what: 'No backup of the table was finished for more than a day.',
      metric: backup.finished(),
      threshold: 1,
      periods: 5,
      when: 'heartbeat',
    },
  ];
}
