import type { PolicyInput } from '../port/policy-engine.ts';

const questions = new WeakMap<object, WeakMap<object, Map<string, PolicyInput>>>();

/**
 * One input object for equal questions: about the same state of a tenant, the same plan or manifest, and the same rest, which `key` spells out. An engine
 * that knows the object knows its verdicts. Whoever gets it must not change it.
 */
export function sameQuestion(state: object, about: object, key: string, build: () => PolicyInput): PolicyInput {
  const ofState = questions.get(state) ?? new WeakMap<object, Map<string, PolicyInput>>();
  questions.set(state, ofState);
  const ofThing = ofState.get(about) ?? new Map<string, PolicyInput>();
  ofState.set(about, ofThing);
  const known = ofThing.get(key) ?? build();
  ofThing.set(key, known);
  return known;
}
