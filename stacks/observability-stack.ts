/** The first dashboard and the alarms. Every alarm has a page in docs/runbooks of its own name, and says so in its text. */
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Dashboard, GraphWidget, Metric, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { metricNames, metricsNamespace, metricsService, type MetricName } from '../shared/port/metrics.ts';
import type { ApiStack } from './api-stack.ts';
import type { ExecutionStack } from './execution-stack.ts';
import type { HomeParts } from './home-environment.ts';

interface ObservabilityStackProps extends StackProps {
  stage: string;
  dataKey: IKey;
  parts: HomeParts;
  execution: ExecutionStack;
  api: ApiStack;
  alarmEmail?: string | undefined;
}

interface AlarmSpec {
  alarmName: string;
  what: string;
  metric: IMetric;
  threshold: number;
  periods?: number;
  /** For what must happen and did not: fewer than the threshold, or nothing at all, is the alarm. */
  isHeartbeat?: boolean;
}

const period = Duration.minutes(5);

/** A metric of ours, as shared/aws/emf-metrics.ts writes it. */
function ownMetric(metricName: MetricName, statistic: string): Metric {
  return new Metric({ namespace: metricsNamespace, metricName, statistic, period, dimensionsMap: { service: metricsService } });
}

export class ObservabilityStack extends Stack {
  readonly #props: ObservabilityStackProps;
  readonly #topic: Topic;

  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, props);
    this.#props = props;
    this.#topic = new Topic(this, 'Alarms', { displayName: 'Maestro Conductor alarms', masterKey: props.dataKey, enforceSSL: true });
    if (props.alarmEmail !== undefined) this.#topic.addSubscription(new EmailSubscription(props.alarmEmail));
    for (const spec of [...this.#apiAlarms(), ...this.#runAlarms()]) this.#alarm(spec);
    this.#dashboard();
  }

  #alarm({ alarmName, what, metric, threshold, periods = 1, isHeartbeat = false }: AlarmSpec): void {
    const alarm = new Alarm(this, alarmName, {
      alarmName: `${this.#props.stage}-${alarmName}`,
      alarmDescription: `${what} Runbook: https://maestro-conductor.dev/runbooks/${alarmName} (docs/runbooks/${alarmName}.md)`,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: isHeartbeat ? ComparisonOperator.LESS_THAN_THRESHOLD : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: isHeartbeat ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
    alarm.addOkAction(new SnsAction(this.#topic));
  }

  #apiAlarms(): AlarmSpec[] {
    const { api, parts } = this.#props;
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

  #runAlarms(): AlarmSpec[] {
    const { execution } = this.#props;
    return [
      {
        alarmName: 'mc-receipt-verify-failures',
        what: 'A receipt did not verify after it was signed; its run cannot end.',
        metric: ownMetric(metricNames.receiptVerifyFailuresTotal, 'Sum'),
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
        isHeartbeat: true,
      },
    ];
  }

  #dashboard(): void {
    const { api, execution, parts, stage } = this.#props;
    const graph = (title: string, left: IMetric[]): GraphWidget => new GraphWidget({ title, left, width: 8, height: 6 });
    const percentiles = (name: MetricName): Metric[] => ['p50', 'p95', 'p99'].map((statistic) => ownMetric(name, statistic));
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: `maestro-conductor-${stage}` });
    dashboard.addWidgets(
      graph('Runs started, receipts signed', [ownMetric(metricNames.executionsTotal, 'Sum'), ownMetric(metricNames.receiptsTotal, 'Sum')]),
      graph('Publish to start (ms)', percentiles(metricNames.publishToStartMs)),
      graph('Queue (ms)', percentiles(metricNames.queueMs)),
    );
    dashboard.addWidgets(
      graph('Task (ms)', percentiles(metricNames.taskMs)),
      graph('Policy (ms)', percentiles(metricNames.policyEvalMs)),
      graph('Signature (ms)', percentiles(metricNames.signMs)),
    );
    dashboard.addWidgets(
      graph('API requests and errors', [
        api.api.metricCount({ period }),
        api.api.metricClientError({ period }),
        api.api.metricServerError({ period }),
      ]),
      graph('Tasks waiting, dead letters', [
        execution.queue.metricApproximateNumberOfMessagesVisible({ period }),
        execution.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      ]),
      graph('Table capacity consumed', [
        parts.table.table.metricConsumedReadCapacityUnits({ period }),
        parts.table.table.metricConsumedWriteCapacityUnits({ period }),
      ]),
    );
  }
}
