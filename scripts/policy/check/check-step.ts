/** What every step of the pack checks is given and answers. */
import type { Json } from '../../../shared/core/json/canonical-json.ts';
import type { PackSources } from '../pack-sources.ts';
import type { OpaPool } from './opa-pool.ts';

/** Something wrong with a pack: where, what, and what mends it. */
export interface Problem {
  place: string;
  message: string;
  fix: string;
}

/** How one test did over all the times it was started. */
export interface TestRate {
  test: string;
  runs: number;
  failures: number;
}

/** What a step found out: a line of facts for people, every problem, and the rates of tests where it measured them. */
export interface StepFindings {
  facts: string;
  problems: Problem[];
  rates?: TestRate[];
}

export interface CheckSettings {
  /** How often every test is started for its rate of failures. */
  runs: number;
  /** Of everything that is varied; the same seed varies the same. */
  seed: number;
  /** Broken variants of the goldens' questions that wasm and OPA are compared on, per pack. */
  mutations: number;
}

export interface CheckContext {
  opa: OpaPool;
  /** Without OPA only the steps that need none are run. */
  hasOpa: boolean;
  settings: CheckSettings;
  /** The question that goldens change, policy/goldens/input.json. */
  base: Json;
  /** Whether the pack is one that this program ships with, or one in the folder of a tenant. */
  isShipped: boolean;
  /** The public key (PEM) that must have signed the bundles; undefined when nobody named one. */
  key: string | undefined;
}

export interface CheckStep {
  name: string;
  needsOpa: boolean;
  run(context: CheckContext, pack: PackSources): Promise<StepFindings>;
}
