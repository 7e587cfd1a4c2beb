import type { TenantId } from '../core/tenant-id.ts';
import type { Redactor } from '../evidence/redaction/redactor.ts';
import type { BlobStore } from './blob-store.ts';
import type { CheckSignature } from './check-signature.ts';
import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { Ids } from './ids.ts';
import type { LogKey } from './log-key.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { PackLibrary } from './pack-library.ts';
import type { Phases } from './phases.ts';
import type { PolicyEngine, StorageEncryption } from './policy-engine.ts';
import type { Runner } from './runner.ts';
import type { Signer } from './signer.ts';
import type { Table } from './table.ts';
import type { TaskQueue } from './task-queue.ts';

/** Facts about the home that the domain needs; read from flags or the environment at the edge only. */
export interface HomeConfig {
  /** Region of runs whose manifest names none; the declared one where there is one. */
  region: string;
  /** Where its operator says that this home stands, spelt as manifests spell it; null when nobody said. A word, not a proof. */
  declaredRegion: string | null;
  /** Cloud the home runs on, as it stands in receipts: `local` or `aws`. */
  cloud: 'local' | 'aws';
  /** Identifies this home as builder in provenance (a URI). */
  builderId: string;
  /** Version of the program. */
  version: string;
  /** How this home keeps bytes: `kms` on AWS, `declared` when the operator says that the volume is encrypted, else `none`. */
  encryption: StorageEncryption;
  /** The tenant whose admins run the home: they create tenants and set quotas and budgets. */
  ownerTenant: TenantId;
}

/** Everything a use case may touch. Built once by the embedded host and once by functions/wire. */
export interface Deps {
  config: HomeConfig;
  table: Table;
  blobs: BlobStore;
  signer: Signer;
  logKey: LogKey;
  /** How receipts are checked before they are filed; where it is absent, in the thread that signs them. */
  checkSignature?: CheckSignature;
  queue: TaskQueue;
  phases: Phases;
  policy: PolicyEngine;
  packs: PackLibrary;
  runner: Runner;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  metrics: Metrics;
  /** Redacts what goes into disclosure packs, beside the thread that answers requests; without it that is done in place. */
  redactor?: Redactor;
  faults: Faults;
}
