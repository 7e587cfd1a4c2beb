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
import { packWorkerBundle } from '../../policy/engine/process/pack-process.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { DynamoTable } from '../../shared/aws/dynamo-table.ts';
import { EmfMetrics } from '../../shared/aws/emf-metrics.ts';
import { KmsAuthorityKey } from '../../shared/aws/kms-authority-key.ts';
import { KmsLogKey } from '../../shared/aws/kms-log-key.ts';
import { KmsSigner } from '../../shared/aws/kms-signer.ts';
import { KmsWrappingKey } from '../../shared/aws/kms-wrapping-key.ts';
import { KmsWrappingKeys } from '../../shared/aws/kms-wrapping-keys.ts';
import { powertoolsLogger } from '../../shared/aws/powertools-logger.ts';
import { S3Blobs } from '../../shared/aws/s3-blobs.ts';
import { SfnPhases } from '../../shared/aws/step-functions/sfn-phases.ts';
import { SfnRotations } from '../../shared/aws/step-functions/sfn-rotations.ts';
import { SqsTaskQueue } from '../../shared/aws/sqs-task-queue.ts';
import { systemClock } from '../../shared/embedded/system-clock.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { guardedBlobs } from '../../shared/blob/guarded-blobs.ts';
import { SealedBlobs } from '../../shared/encryption/sealed-blobs.ts';
import { TableDataKeys } from '../../shared/encryption/table-data-keys.ts';
import { Region } from '../../shared/manifest/manifest.ts';
import { loadOwnPack } from '../../shared/policy-catalog/load-own-pack.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { TrustDomain } from '../../shared/tenant/spiffe-id.ts';
import { noFaults } from '../../shared/port/faults.ts';
import { lambdaRunner } from './lambda-runner.ts';
import { lazyPolicy } from './lazy-policy.ts';
import { requireEnv } from './require-env.ts';

/** What the stacks set on every function. */
const Environment = z.object({
  AWS_REGION: z.string().min(1),
  /** Set for an emulator only; its buckets have no DNS names. */
  AWS_ENDPOINT_URL: z.url().optional(),
  /** What metrics, log lines and traces of the home name; the alarms of its stage watch the metrics of no other one. */
  POWERTOOLS_SERVICE_NAME: z.string().min(1),
  MC_BUILDER_ID: z.url(),
  /** Where the operator declares this home to stand, as manifests spell regions; absent when nobody did. */
  MC_REGION: Region.optional(),
  /** SPIFFE trust domain in which the home names its signer. */
  MC_TRUST_DOMAIN: TrustDomain.optional(),
  /** The tenant whose admins run the home. */
  MC_OWNER_TENANT: TenantId,
  MC_TABLE: z.string().min(1),
  MC_DATA_BUCKET: z.string().min(1),
  MC_LOG_BUCKET: z.string().min(1),
  MC_RECEIPT_BUCKET: z.string().min(1),
  /** Encrypts objects in S3 itself. */
  MC_STORAGE_KEY_ARN: z.string().min(1),
  /** Name the key that signs and the one that wraps data keys; rotations have them name others. */
  MC_SIGNING_KEY_ALIAS: z.string().startsWith('alias/'),
  MC_ENVELOPE_KEY_ALIAS: z.string().startsWith('alias/'),
  MC_LOG_KEY_ARN: z.string().min(1),
  MC_CERTIFICATE_KEY_ARN: z.string().min(1),
  MC_TIMESTAMP_KEY_ARN: z.string().min(1),
  MC_PROMISE_KEY_ARN: z.string().min(1),
  MC_TASK_QUEUE_URL: z.string().min(1),
  MC_STATE_MACHINE_ARN: z.string().min(1),
  MC_ROTATION_MACHINE_ARN: z.string().min(1),
  /** Only the worker runs tasks. */
  MC_RUNS_TASKS: z.enum(['true', 'false']).default('false'),
});

/**
 * The clients wait for an answer without end unless told otherwise, and a function that only waits is ended with nothing said. A service that is silent
 * for so long is tried again, three times with the first or, DynamoDB, four: 20 s, inside of the 29 s of an operation.
 */
const patience = { requestHandler: { connectionTimeout: 1_500, socketTimeout: 5_000 } } as const;

/** Reserved of a data key at a time by each of many containers: more than one of them seals in its life, and a key lasts for 32,768 of them. */
const messagesAtOnce = 2 ** 16;
/** Hundreds of containers may start at once and reserve for the same tenant; DynamoDB lets one of them write a row at a time. */
const lanes = 8;

let built: Deps | undefined;

/** The Deps of this container. */
export function awsDeps(): Deps {
  built ??= buildDeps(requireEnv(Environment));
  return built;
}

function buildDeps(env: z.infer<typeof Environment>): Deps {
  const clock = systemClock;
  const ids = ulidIds(clock);
  const logger = powertoolsLogger(env.POWERTOOLS_SERVICE_NAME);
  const retry = { clock, ids };
  // The bundle step puts the packs and the program for tenants' packs next to the handler.
  const packs = fileURLToPath(new URL('./packs/', import.meta.url));
  const workerFile = fileURLToPath(new URL(`./${packWorkerBundle}`, import.meta.url));
  const table = new DynamoTable(new DynamoDBClient(patience), env.MC_TABLE, retry);
  const kms = new KMSClient(patience);
  const signer = new KmsSigner(kms, env.MC_SIGNING_KEY_ALIAS);
  const buckets = { data: env.MC_DATA_BUCKET, log: env.MC_LOG_BUCKET, receipt: env.MC_RECEIPT_BUCKET };
  const s3 = new S3Client({ ...patience, forcePathStyle: env.AWS_ENDPOINT_URL !== undefined });
  const wrappingKey = new KmsWrappingKey(kms, env.MC_ENVELOPE_KEY_ALIAS);
  const dataKeys = new TableDataKeys({ table, wrappingKey, clock }, { messagesAtOnce, lanes });
  const sealed = new SealedBlobs(new S3Blobs(s3, { buckets, storageKeyArn: env.MC_STORAGE_KEY_ARN }), dataKeys);
  const blobs = guardedBlobs({ table, clock }, sealed);
  return {
    config: {
      region: env.MC_REGION ?? env.AWS_REGION,
      declaredRegion: env.MC_REGION ?? null,
      cloud: 'aws',
      builderId: env.MC_BUILDER_ID,
      version: packageJson.version,
      encryption: 'kms',
      ownerTenant: env.MC_OWNER_TENANT,
      ...(env.MC_TRUST_DOMAIN === undefined ? {} : { trustDomain: env.MC_TRUST_DOMAIN }),
    },
    table,
    blobs,
    dataKeys,
    wrappingKey,
    signer,
    signingKeys: signer,
    wrappingKeys: new KmsWrappingKeys(kms, env.MC_ENVELOPE_KEY_ALIAS),
    rotations: new SfnRotations(new SFNClient(patience), env.MC_ROTATION_MACHINE_ARN),
    logKey: new KmsLogKey(kms, env.MC_LOG_KEY_ARN),
    authority: {
      certificates: new KmsAuthorityKey(kms, env.MC_CERTIFICATE_KEY_ARN),
      timestamps: new KmsAuthorityKey(kms, env.MC_TIMESTAMP_KEY_ARN),
      promises: new KmsAuthorityKey(kms, env.MC_PROMISE_KEY_ARN),
    },
    // The endpoint is the region's (or the emulator's), whatever host stands in the queue's address.
    queue: new SqsTaskQueue(new SQSClient({ ...patience, useQueueUrlAsEndpoint: false }), env.MC_TASK_QUEUE_URL, retry),
    phases: new SfnPhases(new SFNClient(patience), env.MC_STATE_MACHINE_ARN),
    policy: lazyPolicy(packs, { own: { load: (tenant, pack) => loadOwnPack({ table, blobs, signer }, tenant, pack), workerFile } }),
    packs: bundledPacks({ folder: packs, workerFile }),
    runner: lambdaRunner(clock, logger, env.MC_RUNS_TASKS === 'true'),
    clock,
    ids,
    logger,
    metrics: new EmfMetrics(env.POWERTOOLS_SERVICE_NAME),
    faults: noFaults,
  };
}
