/**
 * Chooses the adapters of the AWS home. Deps are built once a container; clients open no connection and packs are not read before they
 * are needed, so an operation pays only for the ports it uses.
 */
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { bundledPacks } from '../../policy/catalog/bundled-packs.ts';
import { packWorkerBundle } from '../../policy/engine/thread/pack-thread.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { DynamoTable } from '../../shared/aws/dynamo-table.ts';
import { EmfMetrics } from '../../shared/aws/emf-metrics.ts';
import { KmsLogKey } from '../../shared/aws/kms-log-key.ts';
import { KmsSigner } from '../../shared/aws/kms-signer.ts';
import { powertoolsLogger } from '../../shared/aws/powertools-logger.ts';
import { S3Blobs } from '../../shared/aws/s3-blobs.ts';
import { SfnPhases } from '../../shared/aws/sfn-phases.ts';
import { SqsTaskQueue } from '../../shared/aws/sqs-task-queue.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { Region } from '../../shared/manifest/manifest.ts';
import { loadOwnPack } from '../../shared/policy-catalog/load-own-pack.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { noFaults } from '../../shared/port/faults.ts';
import { lambdaRunner } from './lambda-runner.ts';
import { lazyPolicy } from './lazy-policy.ts';
import { requireEnv } from './require-env.ts';

/** What the stacks set on every function. */
const Environment = z.object({
  AWS_REGION: z.string().min(1),
  /** Set for an emulator only; its buckets have no DNS names. */
  AWS_ENDPOINT_URL: z.url().optional(),
  MC_BUILDER_ID: z.url(),
  /** Where the operator declares this home to stand, as manifests spell regions; absent when nobody did. */
  MC_REGION: Region.optional(),
  /** The tenant whose admins run the home. */
  MC_OWNER_TENANT: TenantId,
  MC_TABLE: z.string().min(1),
  MC_DATA_BUCKET: z.string().min(1),
  MC_LOG_BUCKET: z.string().min(1),
  MC_RECEIPT_BUCKET: z.string().min(1),
  MC_SIGNING_KEY_ARN: z.string().min(1),
  MC_LOG_KEY_ARN: z.string().min(1),
  MC_TASK_QUEUE_URL: z.string().min(1),
  MC_STATE_MACHINE_ARN: z.string().min(1),
  /** Only the worker runs tasks. */
  MC_RUNS_TASKS: z.enum(['true', 'false']).default('false'),
});

/**
 * The clients wait for an answer without end unless told otherwise, and a function that only waits is ended with nothing said. A service that is silent
 * for so long is tried again, three times with the first or, DynamoDB, four: 20 s, inside of the 29 s of an operation.
 */
const patience = { requestHandler: { connectionTimeout: 1_500, socketTimeout: 5_000 } } as const;

let built: Deps | undefined;

/** The Deps of this container. */
export function awsDeps(): Deps {
  built ??= buildDeps(requireEnv(Environment));
  return built;
}

function buildDeps(env: z.infer<typeof Environment>): Deps {
  const clock = systemClock;
  const ids = ulidIds(clock);
  const retry = { clock, ids };
  // The bundle step puts the packs and the thread for tenants' packs next to the handler.
  const packs = fileURLToPath(new URL('./packs/', import.meta.url));
  const workerFile = fileURLToPath(new URL(`./${packWorkerBundle}`, import.meta.url));
  const table = new DynamoTable(new DynamoDBClient(patience), env.MC_TABLE, retry);
  const kms = new KMSClient(patience);
  const signer = new KmsSigner(kms, env.MC_SIGNING_KEY_ARN);
  const buckets = { data: env.MC_DATA_BUCKET, log: env.MC_LOG_BUCKET, receipt: env.MC_RECEIPT_BUCKET };
  const blobs = new S3Blobs(new S3Client({ ...patience, forcePathStyle: env.AWS_ENDPOINT_URL !== undefined }), buckets);
  return {
    config: {
      region: env.MC_REGION ?? env.AWS_REGION,
      declaredRegion: env.MC_REGION ?? null,
      cloud: 'aws',
      builderId: env.MC_BUILDER_ID,
      version: packageJson.version,
      encryption: 'kms',
      ownerTenant: env.MC_OWNER_TENANT,
    },
    table,
    blobs,
    signer,
    logKey: new KmsLogKey(kms, env.MC_LOG_KEY_ARN),
    // The endpoint is the region's (or the emulator's), whatever host stands in the queue's address.
    queue: new SqsTaskQueue(new SQSClient({ ...patience, useQueueUrlAsEndpoint: false }), env.MC_TASK_QUEUE_URL, retry),
    phases: new SfnPhases(new SFNClient(patience), env.MC_STATE_MACHINE_ARN),
    policy: lazyPolicy(packs, { own: { load: (tenant, pack) => loadOwnPack({ table, blobs, signer }, tenant, pack), workerFile } }),
    packs: bundledPacks({ folder: packs, workerFile }),
    runner: lambdaRunner(clock, env.MC_RUNS_TASKS === 'true'),
    clock,
    ids,
    logger: powertoolsLogger(),
    metrics: new EmfMetrics(),
    faults: noFaults,
  };
}
