/** One construction path for tests: the embedded adapters on a temporary folder, with a clock and ids the test owns. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mulberry32 } from '../../scripts/random/mulberry32.ts';
import { FileBlobs } from '../../shared/embedded/blobs/file-blobs.ts';
import { openKeyFile } from '../../shared/embedded/keys/key-file.ts';
import { MemoryMetrics } from '../../shared/embedded/memory-metrics.ts';
import { ReceiptSigner } from '../../shared/embedded/keys/receipt-signer.ts';
import { SmallBlobs } from '../../shared/embedded/blobs/small-blobs.ts';
import { newRingKey, writeRing } from '../../shared/embedded/wrapping/ring-file.ts';
import { WrappingKeyFiles } from '../../shared/embedded/wrapping/wrapping-key-files.ts';
import { WrappingKeyRing } from '../../shared/embedded/wrapping/wrapping-key-ring.ts';
import { SealedBlobs } from '../../shared/encryption/sealed-blobs.ts';
import { TableDataKeys } from '../../shared/encryption/table-data-keys.ts';
import { SoftwareLogKey } from '../../shared/embedded/keys/software-log-key.ts';
import { SoftwareSigner } from '../../shared/embedded/keys/software-signer.ts';
import { SqliteTable } from '../../shared/embedded/sqlite/sqlite-table.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { noFaults } from '../../shared/port/faults.ts';
import type { Deps } from '../../shared/port/deps.ts';
import type { TaskMessage } from '../../shared/port/task-queue.ts';
import type { Actor, Role } from '../../shared/tenant/actor.ts';
import { bundledPacks } from '../../policy/catalog/bundled-packs.ts';
import { SimulatedRunner } from '../../runner/simulated/simulated-runner.ts';
import { newAuthorityKeys } from './identity/authority-keys.ts';
import { FakeClock } from './fake-clock.ts';
import { fakePolicy } from './fake-policy.ts';

export interface TestHome {
  deps: Deps;
  clock: FakeClock;
  metrics: MemoryMetrics;
  table: SqliteTable;
  /** What was sent to the queue and not handled by anybody. */
  sent: TaskMessage[];
  folder: string;
  close(): void;
}

/** Deps whose queue and phases only remember what they were told; `overrides` replace single ports. */
export function buildDeps(overrides: Partial<Deps> = {}): TestHome {
  const folder = mkdtempSync(join(tmpdir(), 'mc-test-'));
  const table = new SqliteTable(join(folder, 'table.sqlite'));
  const clock = new FakeClock();
  const metrics = new MemoryMetrics();
  const sent: TaskMessage[] = [];
  const wrapping = { path: join(folder, 'keys', 'wrapping.json'), keys: [newRingKey()] };
  writeRing(wrapping.path, wrapping.keys);
  const wrappingKey = new WrappingKeyRing(table, wrapping.path, wrapping.keys);
  const dataKeys = new TableDataKeys({ table, wrappingKey, clock }, { messagesAtOnce: 1_000 });
  const file = 'receipt-signer.pem';
  const active = { file, signer: new SoftwareSigner(openKeyFile(join(folder, 'keys', file))) };
  const signer = new ReceiptSigner(table, join(folder, 'keys'), active);
  const deps: Deps = {
    config: {
      region: 'US',
      declaredRegion: null,
      cloud: 'local',
      builderId: 'https://maestro-conductor.dev/homes/test',
      version: '0.0.0-test',
      encryption: 'none',
      ownerTenant: TenantId.parse('local'),
    },
    table,
    blobs: new SealedBlobs(new SmallBlobs(table, new FileBlobs(join(folder, 'blobs'))), dataKeys),
    dataKeys,
    wrappingKey,
    signer,
    signingKeys: signer,
    wrappingKeys: new WrappingKeyFiles(wrappingKey, wrapping.path),
    rotations: { start: async () => undefined },
    logKey: new SoftwareLogKey(generateKeyPairSync('ed25519').privateKey),
    authority: newAuthorityKeys(),
    queue: { send: async (messages) => void sent.push(...messages) },
    phases: { start: async () => undefined, finishRun: async () => undefined },
    policy: fakePolicy(),
    packs: bundledPacks(),
    runner: new SimulatedRunner(),
    clock,
    ids: ulidIds(clock, mulberry32(1)),
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    metrics,
    faults: noFaults,
    ...overrides,
  };
  const close = (): void => {
    table.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { deps, clock, metrics, table, sent, folder, close };
}

/** An actor of the tenant `acme` with these roles (admin when none are named). */
export function buildActor(roles: Role[] = ['admin'], tenant = 'acme'): Actor {
  return { sub: `${roles[0] ?? 'nobody'}@example.com`, tenant: TenantId.parse(tenant), roles };
}
