/** Names of every metric, `mc_<noun>_<unit|total>`. */
export const metricNames = {
  executionsTotal: 'mc_executions_total',
  publishToStartMs: 'mc_publish_to_start_ms',
  queueMs: 'mc_queue_ms',
  policyEvalMs: 'mc_policy_eval_ms',
  authzMs: 'mc_authz_ms',
  signMs: 'mc_sign_ms',
  taskMs: 'mc_task_ms',
  receiptsTotal: 'mc_receipts_total',
  receiptVerifyFailuresTotal: 'mc_receipt_verify_failures_total',
  policyDeniesTotal: 'mc_tenant_denies_total',
  costEstimateUsd: 'mc_cost_estimate_usd',
} as const;
export type MetricName = (typeof metricNames)[keyof typeof metricNames];

/** Counters and timings; on AWS in CloudWatch's embedded metric format. */
export interface Metrics {
  count(name: MetricName, value?: number, dimensions?: Readonly<Record<string, string>>): void;
  /** Records a duration or another measured amount. */
  record(name: MetricName, value: number, dimensions?: Readonly<Record<string, string>>): void;
}
