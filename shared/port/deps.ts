import type { TenantId } from '../core/tenant-id.ts';
import type { Redactor } from '../evidence/redaction/redactor.ts';
import type { AuthorityKeys } from './keys/authority-keys.ts';
import type { BlobStore } from './blob-store.ts';
import type { CheckSignature } from './check-signature.ts';
import type { Clock } from './clock.ts';
import type { DataKeys } from './keys/data-keys.ts';
import type { Faults } from './faults.ts';
import type { Ids } from './ids.ts';
import type { LogKey } from './keys/log-key.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { PackLibrary } from './pack-library.ts';
import type { Phases } from './phases.ts';
import type { PolicyEngine, StorageEncryption } from './policy-engine.ts';
import type { Runner } from './runner.ts';
import type { Rotations } from './keys/rotations.ts';
import type { Signer } from './keys/signer.ts';
import type { SigningKeys } from './keys/signing-keys.ts';
import type { WrappingKeys } from './keys/wrapping-keys.ts';
import type { Table } from './table.ts';
import type { TaskQueue } from './task-queue.ts';
import type { WrappingKey } from './keys/wrapping-key.ts';

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
  /** SPIFFE trust domain of the home's own identities; default `mc.local`. */
  trustDomain?: string;
}

/** Everything a use case may touch. Built once by the embedded host and once by functions/wire. */
export interface Deps {
  config: HomeConfig;
  table: Table;
  blobs: BlobStore;
  /** Open data keys for what is sealed in items; `blobs` has them inside. */
  dataKeys: DataKeys;
  /** Wraps the data keys. */
  wrappingKey: WrappingKey;
  signer: Signer;
  /** The versions of the key of `signer`, and of `wrappingKey`: what rotations change. */
  signingKeys: SigningKeys;
  wrappingKeys: WrappingKeys;
  rotations: Rotations;
  logKey: LogKey;
  /** Vouches for the signer: certificates and timestamps. */
  authority: AuthorityKeys;
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
