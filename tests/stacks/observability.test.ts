import { beforeAll, describe, expect, test } from '@jest/globals';
import { metricNames, metricsNamespace } from '../../shared/port/metrics.ts';
import { buildHomeTemplate, type HomeTemplate } from './build-home-template.ts';

let home: HomeTemplate;
beforeAll(() => {
  home = buildHomeTemplate();
});

const propertiesOf = (type: string): Record<string, unknown>[] =>
  home.resources.filter(({ resource }) => resource.Type === type).map(({ resource }) => resource.Properties);

function alarm(name: string): Record<string, unknown> | undefined {
  return propertiesOf('AWS::CloudWatch::Alarm').find(({ AlarmName }) => AlarmName === `dev-${name}`);
}

const own = { Namespace: metricsNamespace, Dimensions: [{ Name: 'service', Value: 'maestro-conductor' }], Period: 300 };

describe('what people and runs wait for is watched at the limit that was promised', () => {
  test('actions: one in twenty at 800 ms, however few there are', () => {
    expect(alarm('mc-action-latency')).toMatchObject({
      ...own,
      MetricName: metricNames.actionLatencyMs,
      ExtendedStatistic: 'p95',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 800,
      EvaluationPeriods: 3,
    });
    expect(alarm('mc-action-latency')).not.toHaveProperty('EvaluateLowSampleCountPercentile');
  });

  test('the queue: one task in twenty at 900 ms, when there are enough of them to say so', () => {
    expect(alarm('mc-queue-slow')).toMatchObject({
      ...own,
      MetricName: metricNames.queueMs,
      ExtendedStatistic: 'p95',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 900,
      EvaluateLowSampleCountPercentile: 'ignore',
    });
  });

  test('egress: more than 20 blocked calls in five minutes', () => {
    expect(alarm('mc-egress-blocks')).toMatchObject({
      ...own,
      MetricName: metricNames.egressBlockTotal,
      Statistic: 'Sum',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 20,
      EvaluationPeriods: 1,
    });
  });
});

describe('a message that can never be handled', () => {
  test('is put aside after five deliveries, kept for two weeks, and the first one rings', () => {
    const deadLetters = home.resources.find(({ resource: { Type }, id }) => Type === 'AWS::SQS::Queue' && id.startsWith('DeadLetters'));
    const tasks = propertiesOf('AWS::SQS::Queue').find(({ RedrivePolicy }) => RedrivePolicy !== undefined);
    expect(tasks?.['RedrivePolicy']).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters?.id, 'Arn'] },
      maxReceiveCount: 5,
    });
    expect(deadLetters?.resource.Properties).toMatchObject({ MessageRetentionPeriod: 14 * 24 * 3_600 });
    expect(alarm('mc-task-dead-letters')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
      AlarmActions: [expect.anything()],
    });
    expect(JSON.stringify(alarm('mc-task-dead-letters')?.['Dimensions'])).toContain(deadLetters?.id);
  });
});

describe('the dashboard', () => {
  const body = (): string => JSON.stringify(propertiesOf('AWS::CloudWatch::Dashboard')[0]?.['DashboardBody']);

  test.each([
    ['runs by how they ended, cancelled ones among them', 'state', metricNames.receiptsTotal],
    ['actions by which', 'action', metricNames.actionLatencyMs],
    ['attempts by level of the sandbox', 'level', metricNames.taskMs],
    ['cold and warm starts', 'start', metricNames.taskStartsTotal],
    ['how long cold and warm starts take', 'start', metricNames.taskStartMs],
    ['blocked calls by tenant', 'tenant', metricNames.egressBlockTotal],
  ])('shows %s', (_, dimension, metric) => {
    expect(body()).toMatch(new RegExp(`service,${dimension}} MetricName=[^"]*"${metric}`));
  });

  test('shows the limits of queue, actions and egress as lines', () => {
    for (const [title, value] of Object.entries({ 'Queue (ms)': 900, 'Cancel, retry and replay (ms)': 800, 'Egress blocked': 20 }))
      expect(body()).toMatch(new RegExp(`"title[^{}]*"${title.replaceAll(/[()]/g, '\\$&')}.{0,1500}?value[^,]*:${value},`));
  });

  test('counts containers that had to be started, from the log of the worker', () => {
    const [worker] = home.resources.filter(({ resource: { Type }, id }) => Type === 'AWS::Logs::LogGroup' && id.startsWith('RunTask'));
    expect(body()).toMatch(/count\(@initDuration\) as cold, count\(\*\) - count\(@initDuration\) as warm by bin\(5m\)/);
    expect(body()).toContain(worker?.id);
  });
});
