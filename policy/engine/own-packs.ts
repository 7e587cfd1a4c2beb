/** The packs that tenants pushed for themselves, judged in a process that can be ended. Whatever goes wrong is a refusal that names the pack. */
import { LRUCache } from 'lru-cache';
import { McError } from '../../shared/core/errors.ts';
import type { TenantId } from '../../shared/core/tenant-id.ts';
import type { OwnPack, PackVerdict, PolicyPoint } from '../../shared/port/policy-engine.ts';
import { packView, type InputView, type PackView } from './input-view.ts';
import { loadBundle } from './load-bundle.ts';
import { NoAnswer, packWorkerSource } from './process/pack-process.ts';
import { PackWorker } from './process/pack-worker.ts';
import type { PolicyBundle } from './policy-bundle.ts';
import { VerdictCache } from './verdict-cache.ts';

/** Answers the bundle of a tenant's pack, which the home signed for; throws when it is gone or was altered. */
export type LoadOwnPack = (tenant: TenantId, pack: OwnPack) => Promise<Uint8Array>;

export interface OwnPackOptions {
  load: LoadOwnPack;
  /** The program of the process, where this program is bundled and the source is not there. */
  workerFile?: string;
  /** Longest time of one pack for one input, thousands of times what an ordinary one takes; then the process is ended. */
  budgetMs?: number;
  /** Longest time to get a bundle from the store. It is some ms, and whoever asked waits for a verdict meanwhile. */
  loadMs?: number;
  /** For how long a tenant whose pack was too late, or ended its process, gets no further try; it would take the time of the others. */
  pauseMs?: number;
}

const cacheLimits = {
  /** What is known of a pack in order to ask it: a few names. */
  heads: 5_000,
  /** Bundles that the process may want again; about a hundred of ordinary size. */
  bundleBytes: 32 * 1024 * 1024,
  /** Tenants whose packs gave no answer, at the same time. */
  paused: 1_000,
} as const;

interface Head {
  points: readonly PolicyPoint[];
  view: PackView;
}

/** Who asks for a verdict of which pack, where in the life of a run. */
export interface OwnQuestion {
  point: PolicyPoint;
  view: InputView;
  tenant: TenantId;
  pack: OwnPack;
}

export class OwnPacks {
  readonly #load: LoadOwnPack;
  readonly #loadMs: number;
  readonly #budgetMs: number;
  readonly #worker: PackWorker;
  readonly #heads = new LRUCache<string, Promise<Head>>({ max: cacheLimits.heads });
  readonly #bundles = new LRUCache<string, PolicyBundle>({ maxSize: cacheLimits.bundleBytes, sizeCalculation: ({ wasm }) => wasm.length });
  readonly #verdicts = new VerdictCache();
  readonly #paused: LRUCache<TenantId, string>;

  constructor({ load, workerFile = packWorkerSource, budgetMs = 500, loadMs = 750, pauseMs = 5_000 }: OwnPackOptions) {
    this.#load = load;
    this.#loadMs = loadMs;
    this.#budgetMs = budgetMs;
    this.#worker = new PackWorker(workerFile);
    this.#paused = new LRUCache({ max: cacheLimits.paused, ttl: pauseMs });
  }

  /** The verdict, or undefined for a pack that is not asked at this point. Throws `mc:policy:unavailable`. */
  async judge(question: OwnQuestion): Promise<PackVerdict | undefined> {
    try {
      return await this.#judge(question);
    } catch (cause) {
      const { tenant, pack } = question;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `Policy pack ${pack.name} (${pack.digest}) of tenant ${tenant} gave no usable verdict: ${reason}. Nothing was admitted.`;
      throw new McError('mc:policy:unavailable', message, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#worker.close();
  }

  async #judge({ point, view, tenant, pack }: OwnQuestion): Promise<PackVerdict | undefined> {
    const key = `${tenant}/${pack.name}/${pack.digest}`;
    const head = await this.#headOf(key, tenant, pack);
    if (!head.points.includes(point)) return undefined;
    const input = view.of(head.view);
    const known = this.#verdicts.find(`${key}\n${input}`);
    if (known) return known;
    const paused = this.#paused.get(tenant);
    if (paused !== undefined) throw new Error(`${paused}; the tenant's packs are asked again in a few seconds`);
    const bundle = (): Promise<PolicyBundle> => this.#bundleOf(key, tenant, pack);
    const [answer] = await this.#ask(tenant, { key, inputs: [input], bundle, budgetMs: this.#budgetMs });
    if (!answer) throw new Error('it did not answer');
    if ('failure' in answer) throw new Error(answer.failure);
    return this.#verdicts.keep(`${key}\n${input}`, answer.verdict);
  }

  async #ask(tenant: TenantId, question: Parameters<PackWorker['ask']>[1]): ReturnType<PackWorker['ask']> {
    try {
      return await this.#worker.ask(tenant, question);
    } catch (error) {
      if (error instanceof NoAnswer) this.#paused.set(tenant, error.message);
      throw error;
    }
  }

  async #headOf(key: string, tenant: TenantId, pack: OwnPack): Promise<Head> {
    const known = this.#heads.get(key);
    if (known) return known;
    const reading = this.#bundleOf(key, tenant, pack).then((bundle) => ({ points: bundle.points, view: packView(bundle) }));
    this.#heads.set(key, reading);
    try {
      return await reading;
    } catch (error) {
      this.#heads.delete(key);
      throw error;
    }
  }

  async #bundleOf(key: string, tenant: TenantId, pack: OwnPack): Promise<PolicyBundle> {
    const known = this.#bundles.get(key);
    if (known) return known;
    const bundle = await loadBundle(await inTime(this.#load(tenant, pack), this.#loadMs), 'digest');
    if (bundle.digest !== pack.digest) throw new Error(`its bundle has the digest ${bundle.digest}`);
    if (bundle.name !== pack.name) throw new Error(`its bundle calls itself ${bundle.name}`);
    this.#bundles.set(key, bundle);
    return bundle;
  }
}

async function inTime(loading: Promise<Uint8Array>, allowedMs: number): Promise<Uint8Array> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the store did not hand out its bundle within ${allowedMs} ms`)), allowedMs);
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}
