/**
 * The policy port over packs compiled to WebAssembly: shipped packs in this process, tenants' own in one that can be ended. No network, no
 * clock and no randomness reaches a rule, so a verdict is the same whenever it is asked for, and may be kept.
 */
import { McError } from '../../shared/core/errors.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import type { OwnPack, PackVerdict, PolicyEngine, PolicyInput, PolicyPoint } from '../../shared/port/policy-engine.ts';
import { InputView, packView, type PackView } from './input-view.ts';
import { OwnPacks, type OwnPackOptions } from './own-packs.ts';
import type { PolicyBundle } from './policy-bundle.ts';
import { VerdictCache } from './verdict-cache.ts';
import { WasmPack } from './wasm-pack.ts';

export interface EngineOptions {
  /**
   * Longest time one shipped pack may take. WebAssembly cannot be stopped from outside, so a late verdict is thrown away after it came.
   * A thousand times what the shipped packs need: a busy machine does not reach it, a runaway pack does.
   */
  budgetMs?: number;
  /** A clock that never goes back, for the budget. */
  elapsedMs?: () => number;
  /** Where tenants' own packs come from; without it a question that names one is refused. */
  own?: OwnPackOptions;
}

/** A manifest has at most 256 KiB, and a view holds less than the manifest twice. */
const viewCharactersMax = 1024 * 1024;

interface ShippedPack {
  pack: WasmPack;
  points: readonly PolicyPoint[];
  view: PackView;
  verdicts: VerdictCache;
}

function byName(one: PackVerdict, other: PackVerdict): number {
  return one.pack < other.pack ? -1 : 1;
}

function requirePoint(point: PolicyPoint, { request }: PolicyInput): void {
  if (request.point === point) return;
  throw new McError('mc:policy:unavailable', `Policy was asked at ${point} about a request at ${request.point}; the two must agree.`);
}

export class WasmPolicyEngine implements PolicyEngine {
  readonly #shipped: readonly ShippedPack[];
  readonly #own: OwnPacks | undefined;
  readonly #budgetMs: number;
  readonly #elapsedMs: () => number;
  /** Verdicts of shipped packs by the very object that was asked about: callers hand in one object for equal questions and never change it. */
  readonly #known = new WeakMap<PolicyInput, PackVerdict[]>();
  /** Those that are waited for, because a pack has to be started first. */
  readonly #awaited = new WeakMap<PolicyInput, Promise<PackVerdict[]>>();

  private constructor(shipped: readonly ShippedPack[], options: EngineOptions) {
    this.#shipped = shipped;
    this.#own = options.own && new OwnPacks(options.own);
    this.#budgetMs = options.budgetMs ?? 250;
    this.#elapsedMs = options.elapsedMs ?? (() => performance.now());
  }

  /** An engine over these bundles, every one of them started; throws `mc:policy:unavailable` for none, for a bad one and for two of one name. */
  static async load(bundles: readonly PolicyBundle[], options: EngineOptions = {}): Promise<WasmPolicyEngine> {
    if (bundles.length === 0) throw new McError('mc:policy:unavailable', 'There is no policy pack; without one nothing is admitted.');
    const names = bundles.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new McError('mc:policy:unavailable', `Policy pack ${twice} is there twice; it must be clear which one judges.`);
    const shipped: ShippedPack[] = [];
    for (const bundle of bundles) {
      const pack = await WasmPack.load(bundle);
      shipped.push({ pack, points: bundle.points, view: packView(bundle), verdicts: new VerdictCache() });
    }
    return new WasmPolicyEngine(shipped, options);
  }

  async evaluate(point: PolicyPoint, input: PolicyInput, own: readonly OwnPack[]): Promise<PackVerdict[]> {
    requirePoint(point, input);
    if (own.length === 0) return this.#answerOf(point, input);
    const view = new InputView(input);
    const judging = this.#judgeOwn(point, own, { view, tenant: input.tenant.id });
    // Both are awaited whatever comes of the other, so that no failure is left without anybody who sees it.
    const [shipped, added] = await Promise.allSettled([this.#answerOf(point, input, view), judging]);
    if (shipped.status === 'rejected') throw shipped.reason;
    if (added.status === 'rejected') throw added.reason;
    return [...shipped.value, ...added.value].sort(byName);
  }

  /** For questions without packs of the tenant's own: those are judged in another process. */
  known(point: PolicyPoint, input: PolicyInput, own: readonly OwnPack[]): PackVerdict[] | undefined {
    if (own.length > 0) return undefined;
    requirePoint(point, input);
    return this.#judgeAtOnce(point, input);
  }

  /** Ends the process of tenants' own packs; a later question starts another. */
  async close(): Promise<void> {
    await this.#own?.close();
  }

  /** What shipped packs say about this very object, always in the same array; a failure is not kept. */
  async #answerOf(point: PolicyPoint, input: PolicyInput, view?: InputView): Promise<PackVerdict[]> {
    const known = this.#awaited.get(input) ?? this.#judgeAtOnce(point, input, view);
    if (known) return known;
    const answer = this.#judge(point, input, view);
    this.#awaited.set(input, answer);
    return answer.finally(() => this.#awaited.delete(input));
  }

  /** Undefined where a pack has to be started first. */
  #judgeAtOnce(point: PolicyPoint, input: PolicyInput, view?: InputView): PackVerdict[] | undefined {
    const known = this.#known.get(input);
    if (known) return known;
    const found: PackVerdict[] = [];
    for (const { pack, text, verdicts } of this.#questions(point, view ?? new InputView(input))) {
      const kept = verdicts.find(text);
      const verdict = kept ?? pack.judgeNow(text, this.#budgetMs, this.#elapsedMs);
      if (verdict === undefined) return undefined;
      found.push(kept ?? verdicts.keep(text, verdict));
    }
    return this.#keep(input, found);
  }

  async #judge(point: PolicyPoint, input: PolicyInput, view = new InputView(input)): Promise<PackVerdict[]> {
    const found: PackVerdict[] = [];
    for (const { pack, text, verdicts } of this.#questions(point, view))
      found.push(verdicts.find(text) ?? verdicts.keep(text, await pack.judge(text, this.#budgetMs, this.#elapsedMs)));
    return this.#keep(input, found);
  }

  /** One array for each object, also when two came to it at once. */
  #keep(input: PolicyInput, found: PackVerdict[]): PackVerdict[] {
    const kept = this.#known.get(input) ?? found.sort(byName);
    this.#known.set(input, kept);
    return kept;
  }

  /** The packs of this point, and what each of them is shown. */
  *#questions(point: PolicyPoint, view: InputView): Generator<Pick<ShippedPack, 'pack' | 'verdicts'> & { text: string }> {
    for (const { pack, points, view: seen, verdicts } of this.#shipped) {
      if (!points.includes(point)) continue;
      const text = view.of(seen);
      if (text.length > viewCharactersMax) {
        const message = `Policy pack ${pack.name} would see ${text.length} characters, at most ${viewCharactersMax} are allowed.`;
        throw new McError('mc:policy:unavailable', message);
      }
      yield { pack, verdicts, text };
    }
  }

  async #judgeOwn(point: PolicyPoint, own: readonly OwnPack[], asked: { view: InputView; tenant: string }): Promise<PackVerdict[]> {
    const packs = this.#own;
    if (!packs)
      throw new McError('mc:policy:unavailable', "This engine has no way to load tenants' own policy packs; nothing was admitted.");
    const names = own.map(({ name }) => name);
    const taken = names.find((name, index) => names.indexOf(name) !== index || this.#shipped.some(({ pack }) => pack.name === name));
    if (taken !== undefined)
      throw new McError('mc:policy:unavailable', `Policy pack ${taken} is there twice; it must be clear which one judges.`);
    const tenant = TenantId.parse(asked.tenant);
    const verdicts = await Promise.all(own.map((pack) => packs.judge({ point, view: asked.view, tenant, pack })));
    return verdicts.filter((verdict) => verdict !== undefined);
  }
}
