import { loadBundle } from '../../policy/engine/load-bundle.ts';
import { WasmPolicyEngine, type EngineOptions } from '../../policy/engine/wasm-policy-engine.ts';

/** An engine whose shipped packs are these bundles, as if their digests were known. */
export async function loadEngine(archives: readonly Uint8Array[], options?: EngineOptions): Promise<WasmPolicyEngine> {
  return WasmPolicyEngine.load(await Promise.all(archives.map((archive) => loadBundle(archive, 'digest'))), options);
}
