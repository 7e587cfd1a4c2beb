import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { EmfMetrics } from '../../../shared/aws/emf-metrics.ts';
import { metricMeanings, metricNames, metricsNamespace } from '../../../shared/port/metrics.ts';
import { emfLines } from '../../support/emf-lines.ts';
import { homeTemplate } from '../home-template.ts';
import { propertiesOf, resourcesOf } from '../read-template.ts';

const root = join(import.meta.dirname, '..', '..', '..');

export function describeObservability(): void {
  const home = homeTemplate();

  function alarm(name: string): Record<string, unknown> | undefined {
    return propertiesOf(home, 'AWS::CloudWatch::Alarm').find(({ AlarmName }) => AlarmName === `dev-${name}`);
  }

  const own = { Namespace: metricsNamespace, Dimensions: [{ Name: 'service', Value: 'maestro-conductor-dev' }], Period: 300 };

  describe('alarms and the dashboard', () => {
    test('every alarm names its runbook, and the runbook says what to do', () => {
      const alarms = resourcesOf(home, 'AWS::CloudWatch::Alarm').map(({ resource }) => resource.Properties);
      expect(alarms.length).toBeGreaterThanOrEqual(13);
      for (const alarm of alarms) {
        const page = /docs\/runbooks\/[a-z-]+\.md/.exec(String(alarm['AlarmDescription']))?.[0] ?? 'none';
        expect(page).toBe(`docs/runbooks/${String(alarm['AlarmName']).replace(/^dev-/, '')}.md`);
        expect(existsSync(join(root, page))).toBe(true);
        expect(readFileSync(join(root, page), 'utf8').match(/^## .+/gm)).toEqual(['## Description', '## Investigation', '## Resolution']);
        expect(alarm['AlarmActions']).toHaveLength(1);
      }
    });

    test('budget, policy and estimates are watched at the limits that were promised', () => {
      const limits = resourcesOf(home, 'AWS::CloudWatch::Alarm').map(({ resource: { Properties: alarm } }) => [
        String(alarm['AlarmName']).replace(/^dev-/, ''),
        alarm['MetricName'],
        alarm['ExtendedStatistic'] ?? alarm['Statistic'],
        alarm['ComparisonOperator'],
        alarm['Threshold'],
      ]);
      const above = 'GreaterThanThreshold';
      expect(limits).toContainEqual(['mc-budget-near-limit', metricNames.budgetPercent, 'Maximum', above, 90]);
      expect(limits).toContainEqual(['mc-policy-eval-slow', metricNames.policyEvalMs, 'p95', above, 50]);
      expect(limits).toContainEqual(['mc-estimator-drift', metricNames.estimatorDrift, 'p75', above, 10]);
      expect(limits).toContainEqual(['mc-denies-high', metricNames.policyDeniesTotal, 'Sum', above, 20]);
    });

    test('what must happen and does not is an alarm: nothing at all counts as too little', () => {
      const heartbeats = propertiesOf(home, 'AWS::CloudWatch::Alarm').filter((alarm) => alarm['TreatMissingData'] === 'breaching');
      for (const alarm of heartbeats) expect(alarm).toMatchObject({ ComparisonOperator: 'LessThanThreshold', Threshold: 1 });
      const names = heartbeats.map((alarm) => String(alarm['AlarmName']).replace(/^dev-/, '')).sort();
      expect(names).toEqual(['mc-backup-old', 'mc-log-monitor-silent', 'mc-purge-silent', 'mc-sweep-silent']);
      expect(alarm('mc-purge-silent')).toMatchObject({ MetricName: metricNames.purgeBehindDays, Period: 21_600, EvaluationPeriods: 5 });
    });

    test('the dashboard shows every metric of ours, budgets, denials and open runs for each tenant', () => {
      const [dashboard] = resourcesOf(home, 'AWS::CloudWatch::Dashboard');
      const body = JSON.stringify(dashboard?.resource.Properties['DashboardBody']);
      // A home on one machine backs itself up; here AWS does.
      const ofOneMachine: string[] = [metricNames.backupAgeMs, metricNames.backupMs, metricNames.backupFailuresTotal];
      const alarmOnly: string[] = [metricNames.receiptVerifyFailuresTotal, ...ofOneMachine];
      for (const name of Object.keys(metricMeanings)) expect([name, body.includes(name) || alarmOnly.includes(name)]).toEqual([name, true]);
      for (const name of [metricNames.budgetPercent, metricNames.policyDeniesTotal, metricNames.quotaInUse])
        expect(body).toMatch(new RegExp(`service,tenant[^"]*MetricName=[^"]*"${name}`));
    });
  });

  describe('homes of several stages in one account', () => {
    const homes = { dev: home, prod: homeTemplate({ stage: 'prod' }) };
    type Stage = keyof typeof homes;
    const stages: Stage[] = ['dev', 'prod'];

    /** Namespace, name and dimensions of every metric of ours that the alarms of this stage watch. */
    const watchedBy = (stage: Stage): string[] => {
      const alarms = propertiesOf(homes[stage], 'AWS::CloudWatch::Alarm').filter(({ Namespace }) => Namespace === metricsNamespace);
      return alarms.map(({ MetricName, Dimensions }) => JSON.stringify([MetricName, Dimensions]));
    };
    const servicesOf = (stage: Stage): string[] => {
      const functions = propertiesOf(homes[stage], 'AWS::Lambda::Function') as { Environment: { Variables: Record<string, string> } }[];
      return [...new Set(functions.map(({ Environment }) => Environment.Variables['POWERTOOLS_SERVICE_NAME'] ?? 'none'))];
    };

    test('have no metric of ours in common, so that none hides the silence of another', () => {
      const [dev, prod] = [watchedBy('dev'), watchedBy('prod')];
      expect(dev.length).toBeGreaterThan(10);
      expect(dev.filter((metric) => prod.includes(metric))).toEqual([]);
    });

    test.each(stages)('of %s: what its functions write is what its alarms watch, and the dashboard shows nothing else', (stage) => {
      const [service = '', ...others] = servicesOf(stage);
      expect(others).toEqual([]);
      const watched = watchedBy(stage);
      const names = Object.values(metricNames).filter((name) => watched.some((metric) => metric.includes(`"${name}"`)));
      const written = emfLines(new EmfMetrics(service), (metrics) => names.forEach((name) => metrics.record(name, 1)));
      const filed = written.map(({ name, dimensions }) =>
        JSON.stringify([name, Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))]),
      );
      expect(new Set(filed)).toEqual(new Set(watched));
      const body = JSON.stringify(propertiesOf(homes[stage], 'AWS::CloudWatch::Dashboard')[0]?.['DashboardBody']);
      const shown = [...body.matchAll(/service(?:=|\\+",)\\+"([^"\\]+)/g)].map((match) => match[1]);
      expect(shown.length).toBeGreaterThan(40);
      expect([...new Set(shown)]).toEqual([service]);
      // Every search says whose lines it wants.
      expect(body.match(/SEARCH\(/g)?.length).toBe(body.match(/ service=/g)?.length);
    });
  });

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

  describe('what is called by a schedule', () => {
    const functionOf = (path: RegExp): string | undefined => resourcesOf(home, 'AWS::Lambda::Function').find(({ id }) => path.test(id))?.id;

    test('is called once each time: Lambda repeats no call that failed', () => {
      const called = resourcesOf(home, 'AWS::Scheduler::Schedule')
        .map(({ resource }) => (resource.Properties['Target'] as { Arn: { 'Fn::GetAtt'?: string[] } }).Arn['Fn::GetAtt']?.[0])
        .filter((id) => id !== undefined); // A machine is no function.
      const once = propertiesOf(home, 'AWS::Lambda::EventInvokeConfig').filter(({ MaximumRetryAttempts }) => MaximumRetryAttempts === 0);
      expect(called).toHaveLength(4);
      expect(once.map(({ FunctionName }) => (FunctionName as { Ref: string }).Ref).sort()).toEqual(called.toSorted());
    });

    test.each([
      ['mc-sweep-errors', /^SweepExecutionsFunction/, 300],
      ['mc-log-errors', /^TransparencyLogIntegrateFunction/, 300],
      // It is called every hour.
      ['mc-key-watch-errors', /^KeyRotationWatchFunction/, 3_600],
    ])('and fails in two periods: %s', (name, path, Period) => {
      expect(alarm(name)).toMatchObject({
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Statistic: 'Sum',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        EvaluationPeriods: 2,
        Period,
      });
      expect(functionOf(path)).toBeDefined();
      expect(JSON.stringify(alarm(name)?.['Dimensions'])).toContain(functionOf(path));
    });

    test('and is a machine that ends before its work: the round of retention rings at once', () => {
      expect(alarm('mc-purge-stopped')).toMatchObject({
        Namespace: 'AWS/States',
        MetricName: 'ExecutionsFailed',
        Statistic: 'Sum',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        EvaluationPeriods: 1,
      });
      expect(JSON.stringify(alarm('mc-purge-stopped')?.['Dimensions'])).toMatch(/RetentionMachine/);
    });
  });

  describe('a message that can never be handled', () => {
    test('is put aside after five deliveries, kept for two weeks, and the first one rings', () => {
      const deadLetters = home.resources.find(({ resource: { Type }, id }) => Type === 'AWS::SQS::Queue' && id.startsWith('DeadLetters'));
      const tasks = propertiesOf(home, 'AWS::SQS::Queue').find(({ RedrivePolicy }) => RedrivePolicy !== undefined);
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
    const body = (): string => JSON.stringify(propertiesOf(home, 'AWS::CloudWatch::Dashboard')[0]?.['DashboardBody']);

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
}
