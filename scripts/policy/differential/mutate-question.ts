/** Broken variants of a question: fields dropped, of another type, repeated or swapped, as bad data comes in practice. */
import type { Json } from '../../../shared/core/json/canonical-json.ts';
import type { SeededRandom } from '../check/seeded-random.ts';

type Path = (string | number)[];

/** One of every type, and the values that programs trip over. */
const odd: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  0.1,
  1e21,
  '',
  ' ',
  'EU',
  '*',
  '{got}',
  'ﬁ-1',
  '10.0.0.1',
  [],
  [null],
  ['EU', 1],
  {},
  { host: 'example.com' },
];

function pathsOf(value: Json, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const entries: [string | number, Json][] = Array.isArray(value) ? value.map((item, index) => [index, item]) : Object.entries(value);
  return [at, ...entries.flatMap(([name, item]) => pathsOf(item, [...at, name]))];
}

/** The value with what lies at a path replaced by what `change` makes of it; undefined takes the field or item away. */
function changedAt(value: Json, [name, ...rest]: Path, change: (old: Json) => Json | undefined): Json | undefined {
  if (name === undefined) return change(value);
  if (typeof value !== 'object' || value === null) return value;
  const kept = (key: string | number, item: Json): Json[] => {
    const changed = key === name ? changedAt(item, rest, change) : item;
    return changed === undefined ? [] : [changed];
  };
  if (Array.isArray(value)) return value.flatMap((item, index) => kept(index, item));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => kept(key, item).map((changed): [string, Json] => [key, changed])),
  );
}

function valuesOf(value: Json): Json[] {
  return typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(valuesOf)] : [value];
}

/** What one fault makes of a value: gone (twice as often as the rest), of another type, what another question holds, or there twice. */
function faulty(old: Json, others: readonly Json[], random: SeededRandom): Json | undefined {
  switch (random.below(5)) {
    case 0:
      return random.pick(odd);
    case 1:
      return random.pick(valuesOf(random.pick(others)));
    case 2:
      return Array.isArray(old) ? [...old, ...old] : [old, old];
    default:
      return undefined;
  }
}

/** A variant of the question with one to three faults; `others` are questions whose values may turn up in it. */
export function mutateQuestion(question: Json, others: readonly Json[], random: SeededRandom): Json {
  let mutated = question;
  for (let faults = 1 + random.below(3); faults > 0; faults--) {
    // A question that is gone is asked as the empty one.
    mutated = changedAt(mutated, random.pick(pathsOf(mutated)), (old) => faulty(old, others, random)) ?? {};
  }
  return mutated;
}
