/** The packages and published workflows that every world begins with: made once, with the engine's own use cases, and copied as items and bytes. */
import { digestBytes, type Digest } from '../../shared/core/digest.ts';
import { InvariantError } from '../../shared/core/errors.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { ulidIds } from '../../shared/embedded/ulid-ids.ts';
import { createWorkflow } from '../../shared/manifest/create-workflow.ts';
import { writeBundle } from '../../shared/package/bundle.ts';
import { catalogTenant } from '../../shared/package/catalog-tenant.ts';
import type { PackageDescriptor } from '../../shared/package/descriptor.ts';
import { loadPackage } from '../../shared/package/load-package.ts';
import { publishPackage } from '../../shared/package/publish-package.ts';
import type { Clock } from '../../shared/port/clock.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { noFaults } from '../../shared/port/faults.ts';
import type { Item, Table, WriteOp } from '../../shared/port/table.ts';
import { publishWorkflow } from '../../shared/publish/publish-workflow.ts';
import type { Actor } from '../../shared/tenant/actor.ts';
import { newTenant } from '../../shared/tenant/open-tenant.ts';
import { createTenantOp } from '../../shared/tenant/tenant-store.ts';
import type { Tenant } from '../../shared/tenant/tenant.ts';
import { newUsageOp } from '../../shared/tenant/usage.ts';
import { BlobsPort, plainBlobs, type BlobMap } from './port/blobs-port.ts';
import { acme } from './world/acme.ts';
import { MemoryStore } from './world/memory-store.ts';
import { homeConfig, noAuthority, noPacks, noRotation, noWrapping, plainDataKeys, plainLogKey, plainSigner } from './port/process-deps.ts';
import { Random } from './world/random.ts';
import { manifestText, workflowOf } from './world/workflow-model.ts';
import { prices } from './world/prices.ts';
import type { Scenario } from './world/scenario.ts';
import type { SimulatedProcess } from './world/simulated-process.ts';
import type { World } from './world/world.ts';

/** More processes than ever live at once. */
const warmFacades = 64;
/** Before every world. */
const longAgo = Date.UTC(2026, 0, 1);
const publisher: Actor = { sub: 'publisher@example.com', tenant: acme, roles: ['admin'] };

const clock: Clock = { now: () => longAgo, elapsedMs: () => 0, sleep: async () => undefined };

/** What is there before a world begins. */
interface Ground {
  items: readonly Item[];
  blobs: BlobMap;
}

export class Groundwork {
  readonly #packages: Ground;
  readonly #workflows = new Map<number, Ground>();
  /** Facades whose packages the engine has verified; a world gets all of them. */
  readonly #warm: readonly BlobsPort[];
  #free: BlobsPort[] = [];

  private constructor(packages: Ground, warm: readonly BlobsPort[]) {
    this.#packages = packages;
    this.#warm = warm;
  }

  /** Publishes the packages. */
  static async lay(): Promise<Groundwork> {
    const { ground, deps } = emptyGround({ items: [], blobs: new Map() }, 1);
    const digests: Digest[] = [];
    for (const [name, price] of Object.entries(prices)) {
      const bundle = await writeBundle({ descriptor: descriptor(name, price), entry: Buffer.from('// simulated') });
      digests.push((await publishPackage(deps, { ...publisher, tenant: TenantId.parse(catalogTenant) }, bundle)).digest);
    }
    const warm: BlobsPort[] = [];
    while (warm.length < warmFacades) {
      const blobs = new BlobsPort(deps.blobs);
      for (const digest of digests) await loadPackage({ ...deps, blobs }, acme, digest);
      warm.push(blobs);
    }
    return new Groundwork(ground(), warm);
  }

  /** Fills a world that is to begin. */
  async fill(world: World): Promise<void> {
    const { scenario } = world;
    const grounds = [this.#packages];
    for (const index of new Set(scenario.starts.map(({ workflow }) => workflow))) grounds.push(await this.#workflow(index));
    for (const { items, blobs } of grounds) {
      world.store.fill(items);
      for (const [key, bytes] of blobs) world.blobs.set(key, bytes);
    }
    world.store.write(tenantOps(scenario));
    this.#free = [...this.#warm];
  }

  /** The blobs of a process; when it dies, the next one may have them. */
  lendBlobs(process: SimulatedProcess): BlobsPort {
    const blobs = this.#free.pop() ?? new BlobsPort(plainBlobs(process.world.blobs));
    blobs.owner = process;
    process.onDeath(() => this.#free.push(blobs));
    return blobs;
  }

  async #workflow(index: number): Promise<Ground> {
    const known = this.#workflows.get(index);
    if (known) return known;
    const { ground, deps } = emptyGround(this.#packages, 2 + index);
    const text = manifestText(workflowOf(index));
    const { workflow } = await createWorkflow(deps, publisher, { text, mediaType: 'application/json' });
    await publishWorkflow(deps, publisher, { id: workflow.id });
    const made = ground();
    this.#workflows.set(index, made);
    return made;
  }
}

/** Ports without time and faults over copies of what is there; `ground` answers everything that is there then. */
function emptyGround(before: Ground, seed: number): { deps: Deps; ground: () => Ground } {
  const store = new MemoryStore();
  store.fill(before.items);
  const blobs: BlobMap = new Map(before.blobs);
  if (before.items.length > 0) store.write(tenantOps({ timeZone: 'Etc/UTC', maxConcurrent: 1, dailyMaxUsdMicros: 1 }));
  const random = new Random(seed);
  const table: Table = {
    get: async (key) => store.get(key),
    getMany: async (keys) => keys.map((key) => store.get(key)),
    query: async (query) => store.query(query),
    write: async (ops) => store.write(ops).result,
    putMany: async (items) => items.forEach((item) => store.write([{ kind: 'put', item }])),
    probe: async () => undefined,
  };
  const deps: Deps = {
    config: homeConfig,
    table,
    blobs: plainBlobs(blobs),
    dataKeys: plainDataKeys,
    wrappingKey: noWrapping,
    signer: plainSigner,
    logKey: plainLogKey,
    authority: noAuthority,
    ...noRotation,
    queue: { send: async () => undefined },
    phases: { start: async () => undefined, finishRun: async () => undefined },
    policy: { evaluate: async () => [{ pack: 'sim', digest: digestBytes('sim'), verdict: 'allow', entries: [] }] },
    packs: noPacks,
    runner: { level: async () => 'simulated', provision: () => Promise.reject(new InvariantError('nothing runs yet')) },
    clock,
    ids: ulidIds(clock, () => random.next()),
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    metrics: { count: () => undefined, record: () => undefined },
    faults: noFaults,
  };
  const isOwn = ({ pk, sk }: Item): boolean => sk !== 'TENANT' && pk !== `T#${acme}#USAGE`;
  return { deps, ground: () => ({ items: [...store.all()].filter(isOwn), blobs }) };
}

function tenantOps({
  timeZone,
  maxConcurrent,
  dailyMaxUsdMicros,
}: Pick<Scenario, 'timeZone' | 'maxConcurrent' | 'dailyMaxUsdMicros'>): WriteOp[] {
  const quota: Tenant['quota'] = { maxConcurrent, resourceClasses: ['small', 'medium', 'large'] };
  return [createTenantOp(newTenant({ clock }, { id: acme, createdBy: 'sim', quota, dailyMaxUsdMicros, timeZone })), newUsageOp(acme)];
}

function descriptor(name: string, { perRun, perSecond }: { perRun: number; perSecond: number }): PackageDescriptor {
  return {
    schema: 'mc.package.v1',
    name: `sim/${name}`,
    version: '1.0.0',
    description: 'Simulated.',
    licence: 'Apache-2.0',
    inputs: { type: 'object' },
    outputs: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    resources: { class: 'small', timeout: '60s' },
    cost: { perRunUsdMicros: perRun, perSecondUsdMicros: perSecond, typicalMs: 500 },
    effects: 'none',
  };
}
