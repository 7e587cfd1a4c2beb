/** Names of every metric, `mc_<noun>_<unit|total>`. */
export const metricNames = {
  executionsTotal: 'mc_executions_total',
  publishToStartMs: 'mc_publish_to_start_ms',
  queueMs: 'mc_queue_ms',
  policyEvalMs: 'mc_policy_eval_ms',
  authzMs: 'mc_authz_ms',
  signMs: 'mc_sign_ms',
  taskMs: 'mc_task_ms',
  taskStartMs: 'mc_task_start_ms',
  taskStartsTotal: 'mc_task_starts_total',
  taskDeadLettersTotal: 'mc_task_dead_letters_total',
  receiptsTotal: 'mc_receipts_total',
  receiptVerifyFailuresTotal: 'mc_receipt_verify_failures_total',
  policyDeniesTotal: 'mc_tenant_denies_total',
  costEstimateUsd: 'mc_cost_estimate_usd',
  budgetPercent: 'mc_tenant_budget_percent',
  quotaInUse: 'mc_quota_in_use',
  estimatorDrift: 'mc_estimator_drift',
  egressBlockTotal: 'mc_egress_block_total',
  egressWouldBlockTotal: 'mc_egress_would_block_total',
  actionLatencyMs: 'mc_action_latency_ms',
  evidencePackMs: 'mc_evidence_pack_ms',
  redactionFailuresTotal: 'mc_redaction_failures_total',
  rotationsTotal: 'mc_kms_rotations_total',
  rotationPendingMs: 'mc_kms_rotation_pending_ms',
  purgedRunsTotal: 'mc_purged_runs_total',
  purgeFailuresTotal: 'mc_purge_failures_total',
  purgeBehindDays: 'mc_purge_behind_days',
  logEntries: 'mc_log_entries',
  logIntegrationMs: 'mc_log_integration_ms',
  logDifferencesTotal: 'mc_log_differences_total',
  backupAgeMs: 'mc_backup_age_ms',
  backupMs: 'mc_backup_ms',
  backupFailuresTotal: 'mc_backup_failures_total',
} as const;
export type MetricName = (typeof metricNames)[keyof typeof metricNames];

/** What a metric is: counted events, measured amounts, or a level that stands until the next one. */
export interface MetricMeaning {
  kind: 'counter' | 'amount' | 'gauge';
  unit: 'count' | 'ms' | 'usd' | 'percent';
  meaning: string;
}

/** What each metric counts or measures; `docs/reference/metrics.md` is generated from it. */
export const metricMeanings: Readonly<Record<MetricName, MetricMeaning>> = {
  mc_executions_total: { kind: 'counter', unit: 'count', meaning: 'Executions that were admitted.' },
  mc_publish_to_start_ms: { kind: 'amount', unit: 'ms', meaning: 'From the accepted request to the first task handed to a runner.' },
  mc_queue_ms: { kind: 'amount', unit: 'ms', meaning: 'How long a ready task waited in the queue.' },
  mc_policy_eval_ms: { kind: 'amount', unit: 'ms', meaning: 'Evaluation of every policy pack for one decision.' },
  mc_authz_ms: { kind: 'amount', unit: 'ms', meaning: 'Verification of the token and of the role.' },
  mc_sign_ms: { kind: 'amount', unit: 'ms', meaning: 'The signature of one receipt, with the key store it lives in, and its check.' },
  mc_task_ms: {
    kind: 'amount',
    unit: 'ms',
    meaning: 'One attempt of a task, from the runner’s start to its end, by level of the sandbox.',
  },
  mc_task_dead_letters_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'Task messages that were put aside because no delivery of them could be handled.',
  },
  mc_task_start_ms: {
    kind: 'amount',
    unit: 'ms',
    meaning: 'From an attempt that got its sandbox to that sandbox having its request, by start: cold or warm.',
  },
  mc_task_starts_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'Attempts whose sandbox was started for them (cold) or was waiting (warm), by start.',
  },
  mc_receipts_total: { kind: 'counter', unit: 'count', meaning: 'Receipts signed and verified, by state in which their execution ended.' },
  mc_receipt_verify_failures_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'Receipts that did not verify after signing; each keeps an execution from ending.',
  },
  mc_tenant_denies_total: { kind: 'counter', unit: 'count', meaning: 'Decisions that denied, by tenant.' },
  mc_cost_estimate_usd: {
    kind: 'gauge',
    unit: 'usd',
    meaning: 'Estimated cost of an execution, recorded at its admission; never a measured one.',
  },
  mc_tenant_budget_percent: {
    kind: 'gauge',
    unit: 'percent',
    meaning: 'Share of the day’s budget that is spent or reserved, at each admission, by tenant.',
  },
  mc_quota_in_use: { kind: 'gauge', unit: 'count', meaning: 'Open executions of the tenant, at each admission, by tenant.' },
  mc_egress_block_total: { kind: 'counter', unit: 'count', meaning: 'Network calls of tasks that were blocked, by tenant.' },
  mc_egress_would_block_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'Network calls of tasks that only the shadow mode of their tenant let through, by tenant.',
  },
  mc_estimator_drift: {
    kind: 'gauge',
    unit: 'percent',
    meaning: 'How far the measured cost of an ended execution was from its estimate, either way.',
  },
  mc_action_latency_ms: {
    kind: 'amount',
    unit: 'ms',
    meaning: 'From an accepted cancel, retry or replay to its answer, by action; refusals and denials count too.',
  },
  mc_evidence_pack_ms: {
    kind: 'amount',
    unit: 'ms',
    meaning: 'From the accepted request for a disclosure pack, or one part of it, to its last byte, by kind.',
  },
  mc_redaction_failures_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'Files of disclosure packs that could not be redacted; each ends its pack, because what nobody looked at does not leave.',
  },
  mc_kms_rotations_total: { kind: 'counter', unit: 'count', meaning: 'Rotations of keys that are finished, by kind: signer or data.' },
  mc_kms_rotation_pending_ms: {
    kind: 'gauge',
    unit: 'ms',
    meaning: 'How long the oldest unfinished rotation of keys has been under way, looked at every hour; 0 when there is none.',
  },
  mc_purged_runs_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'Executions that something was purged of, by kind: logs, data or receipts.',
  },
  mc_purge_failures_total: { kind: 'counter', unit: 'count', meaning: 'Purges that failed; each is carried on by the next round.' },
  mc_purge_behind_days: {
    kind: 'gauge',
    unit: 'count',
    meaning: 'How many days ago the oldest thing was due that is still there and no legal hold keeps, at each round, over all tenants.',
  },
  mc_log_entries: { kind: 'gauge', unit: 'count', meaning: 'Entries of the transparency log, at each batch that is appended.' },
  mc_log_integration_ms: { kind: 'amount', unit: 'ms', meaning: 'Appending one batch to the transparency log, with its checkpoint.' },
  mc_log_differences_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'Differences that the monitor found between the transparency log, its tiles and the table; each look counts them again.',
  },
  mc_backup_age_ms: {
    kind: 'gauge',
    unit: 'ms',
    meaning: 'How old the state in the newest backup is, looked at every minute: what would be lost if the data folder were lost now.',
  },
  mc_backup_ms: { kind: 'amount', unit: 'ms', meaning: 'One backup of an embedded home, from its start to its last file.' },
  mc_backup_failures_total: {
    kind: 'counter',
    unit: 'count',
    meaning: 'Backups of an embedded home that failed; the next is tried at its time.',
  },
};

/** What metrics are filed under where a collector is shared with other programs; the dashboards and alarms read the same. */
export const metricsNamespace = 'MaestroConductor';
/** The service that metrics and log lines of a home on AWS name. It is another one for each stage, so that no home of an account speaks for another that is silent. */
export const metricsService = (stage: string): string => `maestro-conductor-${stage}`;

/** Counters and timings; on AWS in CloudWatch's embedded metric format. */
export interface Metrics {
  count(name: MetricName, value?: number, dimensions?: Readonly<Record<string, string>>): void;
  /** Records a duration or another measured amount. */
  record(name: MetricName, value: number, dimensions?: Readonly<Record<string, string>>): void;
}
