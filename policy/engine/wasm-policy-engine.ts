/** The policy port over packs compiled to WebAssembly, in this process: no network, no clock and no randomness reaches a rule. */
import { McError } from '../../shared/core/errors.ts';
import type { PackVerdict, PolicyEngine, PolicyInput, PolicyPoint } from '../../shared/port/policy-engine.ts';
import { loadBundle } from './load-bundle.ts';
import { WasmPack } from './wasm-pack.ts';

export interface EngineOptions {
  /**
   * Longest time one pack may take. WebAssembly cannot be stopped from outside, so a late verdict is thrown away after it came.
   * A thousand times what the shipped packs need: a busy machine does not reach it, a runaway pack does.
   */
  budgetMs?: number;
  /** A clock that never goes back, for the budget. */
  elapsedMs?: () => number;
}

/** A manifest has at most 256 KiB, and the input holds less than the manifest twice. */
const inputBytesMax = 1024 * 1024;

export class WasmPolicyEngine implements PolicyEngine {
  readonly #packs: readonly WasmPack[];
  readonly #budgetMs: number;
  readonly #elapsedMs: () => number;

  private constructor(packs: readonly WasmPack[], options: EngineOptions) {
    this.#packs = packs;
    this.#budgetMs = options.budgetMs ?? 250;
    this.#elapsedMs = options.elapsedMs ?? (() => performance.now());
  }

  /** An engine over these bundles, every one of them started; throws `mc:policy:unavailable` for none, for a bad one and for two of one name. */
  static async load(archives: readonly Uint8Array[], options: EngineOptions = {}): Promise<WasmPolicyEngine> {
    if (archives.length === 0) throw new McError('mc:policy:unavailable', 'There is no policy pack; without one nothing is admitted.');
    const packs: WasmPack[] = [];
    for (const archive of archives) packs.push(await WasmPack.load(await loadBundle(archive)));
    packs.sort((a, b) => (a.name < b.name ? -1 : 1));
    const twice = packs.find((pack, index) => pack.name === packs[index - 1]?.name);
    if (twice) throw new McError('mc:policy:unavailable', `Policy pack ${twice.name} is there twice; it must be clear which one judges.`);
    return new WasmPolicyEngine(packs, options);
  }

  async evaluate(point: PolicyPoint, input: PolicyInput): Promise<PackVerdict[]> {
    if (input.request.point !== point) {
      throw new McError(
        'mc:policy:unavailable',
        `Policy was asked at ${point} about a request at ${input.request.point}; the two must agree.`,
      );
    }
    const bytes = new TextEncoder().encode(JSON.stringify(input));
    if (bytes.byteLength > inputBytesMax) {
      throw new McError('mc:policy:unavailable', `The policy input has ${bytes.byteLength} bytes, at most ${inputBytesMax} are allowed.`);
    }
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const verdicts: PackVerdict[] = [];
    for (const pack of this.#packs) verdicts.push(await pack.judge(buffer, this.#budgetMs, this.#elapsedMs));
    return verdicts;
  }
}
