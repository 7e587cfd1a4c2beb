const questions = new WeakMap<object, WeakMap<object, Map<string, object>>>();

/**
 * One object for equal questions, an input or what inputs are made from: about the same state of a tenant, the same plan or manifest, and the same rest, which
 * `key` spells out, and the kind of object with it. An engine that knows the input knows its verdicts. Whoever gets it must not change what was asked.
 */
export function sameQuestion<T extends object>(state: object, about: object, key: string, build: () => T): T {
  const ofState = questions.get(state) ?? new WeakMap<object, Map<string, object>>();
  questions.set(state, ofState);
  const ofThing = ofState.get(about) ?? new Map<string, object>();
  ofState.set(about, ofThing);
  const known = ofThing.get(key) ?? build();
  ofThing.set(key, known);
  return known as T; // The key says which kind it is.
}
