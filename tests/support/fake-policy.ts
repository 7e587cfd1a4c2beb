import { digestBytes } from '../../shared/core/digest.ts';
import type { PackVerdict, PolicyEngine } from '../../shared/port/policy-engine.ts';

/** A policy port that gives the verdicts a test wants; one allowing pack by default. */
export function fakePolicy(verdicts: PackVerdict[] = [allowing('test')]): PolicyEngine {
  return { evaluate: async () => verdicts };
}

/** A pack that allows. */
export function allowing(pack: string): PackVerdict {
  return { pack, digest: digestBytes(pack), verdict: 'allow', entries: [] };
}
