/**
 * The guard against packs that compile and are wrong all the same. It reads what OPA parsed and evaluates nothing: each finding is a
 * habit that has let something pass in other policies, and that a test does not show because nobody writes it.
 */
import { findDefaultAllow } from './misconfiguration/find-default-allow.ts';
import { findMissingSolutions } from './misconfiguration/find-missing-solutions.ts';
import { findNondeterminism, readBuiltins } from './misconfiguration/find-nondeterminism.ts';
import { findOverlappingDefinitions } from './misconfiguration/find-overlapping-definitions.ts';
import { findShadowedRules } from './misconfiguration/find-shadowed-rules.ts';
import { findUnboundedWalks } from './misconfiguration/find-unbounded-walks.ts';
import { findUnusedInput } from './misconfiguration/find-unused-input.ts';
import type { Finding } from './misconfiguration/finding.ts';
import { parsePack } from './misconfiguration/rego-tree.ts';
import type { PackSources } from './pack-sources.ts';

/** Everything that is misconfigured in a pack, tests aside, in the order of places; throws when OPA cannot parse it. */
export function checkMisconfiguration(opa: string, pack: PackSources): Finding[] {
  const tree = parsePack(opa, pack);
  const builtins = readBuiltins(opa);
  const found = [
    ...findDefaultAllow(tree),
    ...findUnboundedWalks(tree),
    ...findUnusedInput(tree),
    ...findShadowedRules(tree, builtins),
    ...findOverlappingDefinitions(tree),
    ...findMissingSolutions(tree),
    ...findNondeterminism(tree, builtins),
  ];
  return found.toSorted((one, other) => one.place.localeCompare(other.place, 'en', { numeric: true }));
}
