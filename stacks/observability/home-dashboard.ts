/** One page for a home: what runs, who is denied and why it costs what it costs, and the services below. */
import {
  Dashboard,
  GraphWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  TextWidget,
  type IMetric,
  type Metric,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { metricNames, metricsNamespace, metricsService, type MetricName } from '../../shared/port/metrics.ts';
import type { WatchedParts } from './alarm-specs.ts';
import { ownMetric, period } from './own-metric.ts';

const size = { width: 8, height: 6 } as const;

export function addHomeDashboard(scope: Construct, watched: WatchedParts): Dashboard {
  const dashboard = new Dashboard(scope, 'Dashboard', { dashboardName: `maestro-conductor-${watched.stage}` });
  addRuns(dashboard, watched);
  addRunners(dashboard, watched);
  addTenants(dashboard, watched);
  addCostsAndPolicy(dashboard, watched);
  addLog(dashboard, watched);
  addKeys(dashboard, watched);
  addBackups(dashboard, watched);
  addEvidence(dashboard, watched);
  addServices(dashboard, watched);
  return dashboard;
}

const chapter = (title: string): TextWidget => new TextWidget({ markdown: `## ${title}`, width: 24, height: 1 });

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, ...size });
}

/** The line is where the alarm is. */
function limitedGraph(title: string, left: IMetric[], alarmAt: number): GraphWidget {
  return new GraphWidget({ title, left, ...size, leftYAxis: { min: 0 }, leftAnnotations: [{ value: alarmAt, label: 'alarm' }] });
}

function percentiles(stage: string, name: MetricName): Metric[] {
  return ['p50', 'p95', 'p99'].map((statistic) => ownMetric(stage, name, statistic));
}

type Dimension = 'tenant' | 'state' | 'action' | 'level' | 'start';

/** A line for each value of the dimension, whichever there are in the home of this stage. */
function byEach(stage: string, dimension: Dimension, name: MetricName, statistic: string): IMetric {
  const wanted = `{${metricsNamespace},service,${dimension}} MetricName="${name}" service="${metricsService(stage)}"`;
  const expression = `SEARCH('${wanted}', '${statistic}', ${period.toSeconds()})`;
  return new MathExpression({ expression, usingMetrics: {}, label: '', period });
}

/** Denials in percent of all decisions; each decision is one sample of the time it took. */
function denyRate(stage: string): IMetric {
  const usingMetrics = {
    denies: ownMetric(stage, metricNames.policyDeniesTotal, 'Sum'),
    decisions: ownMetric(stage, metricNames.policyEvalMs, 'SampleCount'),
  };
  return new MathExpression({ label: 'denied', expression: '100 * FILL(denies, 0) / decisions', usingMetrics, period });
}

function addRuns(dashboard: Dashboard, { stage }: WatchedParts): void {
  dashboard.addWidgets(chapter('Runs'));
  dashboard.addWidgets(
    graph('Runs started, receipts signed', [
      ownMetric(stage, metricNames.executionsTotal, 'Sum'),
      ownMetric(stage, metricNames.receiptsTotal, 'Sum'),
    ]),
    graph('Publish to start (ms)', percentiles(stage, metricNames.publishToStartMs)),
    limitedGraph('Queue (ms)', percentiles(stage, metricNames.queueMs), 900),
  );
  dashboard.addWidgets(
    graph('Ended by state', [byEach(stage, 'state', metricNames.receiptsTotal, 'Sum')]),
    graph('Authorisation (ms)', percentiles(stage, metricNames.authzMs)),
    graph('Signature (ms)', percentiles(stage, metricNames.signMs)),
  );
}

function addRunners(dashboard: Dashboard, { stage, execution }: WatchedParts): void {
  dashboard.addWidgets(chapter('Runners and actions'));
  dashboard.addWidgets(
    limitedGraph('Cancel, retry and replay (ms)', percentiles(stage, metricNames.actionLatencyMs), 800),
    graph('Actions', [byEach(stage, 'action', metricNames.actionLatencyMs, 'SampleCount')]),
    limitedGraph('Egress blocked', [ownMetric(stage, metricNames.egressBlockTotal, 'Sum')], 20),
  );
  dashboard.addWidgets(
    graph('Task (ms)', percentiles(stage, metricNames.taskMs)),
    graph('Attempts by level of the sandbox', [byEach(stage, 'level', metricNames.taskMs, 'SampleCount')]),
    workerStarts(execution),
  );
  dashboard.addWidgets(
    graph('Sandboxes started for an attempt (cold) or waiting for one (warm)', [
      byEach(stage, 'start', metricNames.taskStartsTotal, 'Sum'),
    ]),
    graph('Start of a sandbox, cold and warm (p95, ms)', [byEach(stage, 'start', metricNames.taskStartMs, 'p95')]),
  );
}

/** Lambda says only in its log whether it had to start a container first. */
function workerStarts({ worker }: WatchedParts['execution']): LogQueryWidget {
  return new LogQueryWidget({
    title: 'Cold and warm starts of the worker',
    logGroupNames: [worker.function.logGroup.logGroupName],
    view: LogQueryVisualizationType.STACKEDAREA,
    queryLines: [
      'filter @type = "REPORT"',
      `stats count(@initDuration) as cold, count(*) - count(@initDuration) as warm by bin(${period.toMinutes()}m)`,
    ],
    ...size,
  });
}

function addTenants(dashboard: Dashboard, { stage }: WatchedParts): void {
  dashboard.addWidgets(chapter('Tenants'));
  dashboard.addWidgets(
    limitedGraph('Budget of the day (%) by tenant', [byEach(stage, 'tenant', metricNames.budgetPercent, 'Maximum')], 90),
    graph('Open runs by tenant', [byEach(stage, 'tenant', metricNames.quotaInUse, 'Maximum')]),
    graph('Denied by tenant', [byEach(stage, 'tenant', metricNames.policyDeniesTotal, 'Sum')]),
  );
  dashboard.addWidgets(
    graph('Egress blocked by tenant', [byEach(stage, 'tenant', metricNames.egressBlockTotal, 'Sum')]),
    graph('Egress let through only by shadow mode, by tenant', [byEach(stage, 'tenant', metricNames.egressWouldBlockTotal, 'Sum')]),
  );
}

function addCostsAndPolicy(dashboard: Dashboard, { stage }: WatchedParts): void {
  dashboard.addWidgets(chapter('Cost governor'));
  dashboard.addWidgets(
    graph('Estimated cost of admitted runs (USD)', [
      ownMetric(stage, metricNames.costEstimateUsd, 'Sum'),
      ownMetric(stage, metricNames.costEstimateUsd, 'p95'),
    ]),
    limitedGraph(
      'Measured against estimated cost (% off)',
      ['p50', 'p75', 'p95'].map((statistic) => ownMetric(stage, metricNames.estimatorDrift, statistic)),
      10,
    ),
  );
  dashboard.addWidgets(chapter('Policy'));
  dashboard.addWidgets(
    graph('Policy decision (ms)', percentiles(stage, metricNames.policyEvalMs)),
    graph('Denied of all decisions (%)', [denyRate(stage)]),
  );
}

function addLog(dashboard: Dashboard, { stage }: WatchedParts): void {
  dashboard.addWidgets(chapter('Transparency log'));
  dashboard.addWidgets(
    graph('Entries', [ownMetric(stage, metricNames.logEntries, 'Maximum')]),
    graph('Integration of a batch (ms)', percentiles(stage, metricNames.logIntegrationMs)),
    graph('Differences found', [ownMetric(stage, metricNames.logDifferencesTotal, 'Sum')]),
  );
}

function addBackups(dashboard: Dashboard, { backup }: WatchedParts): void {
  if (!backup) return;
  dashboard.addWidgets(chapter('Backups'));
  dashboard.addWidgets(graph('Backups of the table', [backup.finished()]));
}

function addKeys(dashboard: Dashboard, { stage }: WatchedParts): void {
  dashboard.addWidgets(chapter('Keys'));
  dashboard.addWidgets(
    graph('Rotations finished', [ownMetric(stage, metricNames.rotationsTotal, 'Sum')]),
    graph('Oldest rotation pending (ms)', [ownMetric(stage, metricNames.rotationPendingMs, 'Maximum')]),
  );
}

function addEvidence(dashboard: Dashboard, { stage }: WatchedParts): void {
  dashboard.addWidgets(chapter('Evidence'));
  dashboard.addWidgets(
    graph('Disclosure packs and their parts (ms)', percentiles(stage, metricNames.evidencePackMs)),
    graph('Files that could not be redacted', [ownMetric(stage, metricNames.redactionFailuresTotal, 'Sum')]),
    graph('Purged executions, failed purges', [
      ownMetric(stage, metricNames.purgedRunsTotal, 'Sum'),
      ownMetric(stage, metricNames.purgeFailuresTotal, 'Sum'),
    ]),
    graph('Days behind with purges', [ownMetric(stage, metricNames.purgeBehindDays, 'Maximum')]),
  );
}

function addServices(dashboard: Dashboard, { stage, api, execution, parts }: WatchedParts): void {
  dashboard.addWidgets(chapter('Services'));
  dashboard.addWidgets(
    graph('API requests and errors', [
      api.api.metricCount({ period }),
      api.api.metricClientError({ period }),
      api.api.metricServerError({ period }),
    ]),
    graph('Tasks waiting, dead letters', [
      execution.queue.metricApproximateNumberOfMessagesVisible({ period }),
      execution.deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
      ownMetric(stage, metricNames.taskDeadLettersTotal, 'Sum'),
    ]),
    graph('Table capacity consumed', [
      parts.table.table.metricConsumedReadCapacityUnits({ period }),
      parts.table.table.metricConsumedWriteCapacityUnits({ period }),
    ]),
  );
}
