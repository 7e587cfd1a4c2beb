import { loadShippedPacks } from '../../policy/engine/load-shipped-packs.ts';
import type { PolicyEngine } from '../../shared/port/policy-engine.ts';

/** The shipped packs, read and compiled at the first question; a failure is not kept, so the next question tries again. */
export function lazyPolicy(folder: string): PolicyEngine {
  let loading: Promise<PolicyEngine> | undefined;
  return {
    async evaluate(point, input, own) {
      loading ??= loadShippedPacks(folder);
      try {
        return await (await loading).evaluate(point, input, own);
      } catch (error) {
        loading = undefined;
        throw error;
      }
    },
  };
}
