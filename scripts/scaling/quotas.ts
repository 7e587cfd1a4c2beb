/**
 * What an AWS account may do by default, in a region other than the three largest. Read in November 2026, on the page that `source` names;
 * values marked `unread` are from experience, because the page could not be read then. Service Quotas in the console of the account has the last word.
 */
export interface Quota {
  name: string;
  /** What may be used up at once. */
  burst: number;
  /** What comes back a second. */
  perSecond: number;
  source: string;
  isRead: boolean;
}

export const quotas = {
  gateway: { name: 'requests', burst: 5_000, perSecond: 10_000, source: 'API Gateway, HTTP API quotas', isRead: false },
  /** Our own limit on the stage (stacks/api-stack.ts), below the account's. */
  stage: { name: 'requests, our stage', burst: 5_000, perSecond: 2_000, source: 'stacks/api-stack.ts', isRead: true },
  startExecution: { name: 'StartExecution', burst: 800, perSecond: 150, source: 'Step Functions service quotas', isRead: false },
  transitions: { name: 'StateTransition', burst: 800, perSecond: 800, source: 'Step Functions service quotas', isRead: false },
  sign: { name: 'Sign with ECC keys', burst: 1_000, perSecond: 1_000, source: 'KMS request quotas', isRead: true },
  tableWrites: { name: 'write units, a new table', burst: 4_000, perSecond: 4_000, source: 'DynamoDB warm throughput', isRead: true },
  tableReads: { name: 'read units, a new table', burst: 12_000, perSecond: 12_000, source: 'DynamoDB warm throughput', isRead: true },
  objectPuts: { name: 'PUTs to a prefix', burst: 3_500, perSecond: 3_500, source: 'S3 performance guidelines', isRead: false },
  fargate: { name: 'Fargate launches', burst: 100, perSecond: 20, source: 'Fargate throttling quotas', isRead: true },
} as const satisfies Record<string, Quota>;

/** One partition of a table or index, whatever the table may do (DynamoDB, partition key design). */
export const partitionLimits = { writeUnits: 1_000, readUnits: 3_000 } as const;

/**
 * How fast Lambda adds invocations for a queue (Lambda, scaling behavior for SQS): it begins with five. With pollers of its own (provisioned mode) it begins with ten
 * each, and grows by 1,000 a minute.
 */
export const queueScaling = {
  firstInvocations: 5,
  addedPerMinute: 300,
  invocationsPerPoller: 10,
  addedPerMinuteProvisioned: 1_000,
} as const;

/** Concurrent invocations of all functions of an account, before anybody asks for more (Lambda quotas). */
export const accountConcurrency = 1_000;
