import { loadShippedPacks } from '../../policy/engine/load-shipped-packs.ts';
import type { EngineOptions } from '../../policy/engine/wasm-policy-engine.ts';
import type { PolicyEngine } from '../../shared/port/policy-engine.ts';

/**
 * The shipped packs, read and compiled at the first question. Packs that could not be loaded are tried again at the next question; once they
 * are, they stay, whatever a tenant's own pack does.
 */
export function lazyPolicy(folder: string, options?: EngineOptions): PolicyEngine {
  let loading: Promise<PolicyEngine> | undefined;
  const load = async (): Promise<PolicyEngine> => {
    try {
      return await loadShippedPacks(folder, options);
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };
  return {
    async evaluate(point, input, own) {
      loading ??= load();
      return (await loading).evaluate(point, input, own);
    },
  };
}
