/** Who is told when something is wrong, and the page on which it is seen. Every alarm has a page in docs/runbooks of its own name, and says so in its text. */
import { Stack, type StackProps } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { alarmSpecs, type AlarmSpec, type WatchedParts } from './observability/alarm-specs.ts';
import { addHomeDashboard } from './observability/home-dashboard.ts';

interface ObservabilityStackProps extends StackProps, WatchedParts {
  dataKey: IKey;
  alarmEmail?: string | undefined;
}

const operators = {
  'at-least': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
  heartbeat: ComparisonOperator.LESS_THAN_THRESHOLD,
} as const;

export class ObservabilityStack extends Stack {
  readonly #stage: string;
  readonly #topic: Topic;

  constructor(
    scope: Construct,
    id: string,
    { stage, dataKey, alarmEmail, parts, execution, api, backup, ...props }: ObservabilityStackProps,
  ) {
    super(scope, id, props);
    const watched = { stage, parts, execution, api, backup };
    this.#stage = stage;
    this.#topic = new Topic(this, 'Alarms', { displayName: 'Maestro Conductor alarms', masterKey: dataKey, enforceSSL: true });
    if (alarmEmail !== undefined) this.#topic.addSubscription(new EmailSubscription(alarmEmail));
    for (const spec of alarmSpecs(watched)) this.#alarm(spec);
    addHomeDashboard(this, watched);
  }

  #alarm({ alarmName, what, metric, threshold, periods = 1, when = 'at-least', ignoresFewSamples = false }: AlarmSpec): void {
    const alarm = new Alarm(this, alarmName, {
      alarmName: `${this.#stage}-${alarmName}`,
      alarmDescription: `${what} Runbook: https://maestro-conductor.dev/runbooks/${alarmName} (docs/runbooks/${alarmName}.md)`,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: operators[when],
      ...(ignoresFewSamples && { evaluateLowSampleCountPercentile: 'ignore' }),
      treatMissingData: when === 'heartbeat' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
    alarm.addOkAction(new SnsAction(this.#topic));
  }
}
