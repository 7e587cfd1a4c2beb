import type { Json } from '../../../shared/core/json/canonical-json.ts';
import type { Finding } from './finding.ts';
import { isUnconditional, ruleName, shapeOf, type PackTree, type RegoFile, type Rule } from './rego-tree.ts';

interface Definition {
  file: RegoFile;
  rule: Rule;
}

type Pattern = NonNullable<Rule['head']['args']>[number];

const isName = ({ type, value }: Pattern): boolean => type === 'var' && typeof value === 'string';

/** Whether some value fits both patterns; where it takes an evaluation to tell, they do not. */
function fitBoth(one: Pattern, other: Pattern): boolean {
  if (isName(one) || isName(other)) return true;
  if (one.type !== other.type) return false;
  const [ours, theirs] = [itemsOf(one.value), itemsOf(other.value)];
  if (one.type !== 'array') return shapeOf(one) === shapeOf(other);
  return ours.length === theirs.length && ours.every((item, index) => fitBoth(item, theirs[index] ?? item));
}

function itemsOf(value: Json | undefined): Pattern[] {
  const isPattern = (item: Json): item is Pattern & Json => typeof item === 'object' && item !== null && 'type' in item;
  return Array.isArray(value) ? value.filter(isPattern) : [];
}

/** `f(x, y)` takes everything; `f(x, x)` and `f("a", y)` do not. */
function takesEverything({ head: { args = [] } }: Rule): boolean {
  return args.every(isName) && new Set(args.map(({ value }) => value)).size === args.length;
}

/** Two answers to one question: an error in the moment somebody asks it, and no verdict at all. */
function isConflict(one: Rule, other: Rule): boolean {
  if (shapeOf(one.head.value) === shapeOf(other.head.value)) return false;
  const [ours, theirs] = [one.head.args ?? [], other.head.args ?? []];
  if (ours.length !== theirs.length || !ours.every((arg, index) => fitBoth(arg, theirs[index] ?? arg))) return false;
  if (isUnconditional(one) && isUnconditional(other)) return true;
  return [one, other].some((rule) => isUnconditional(rule) && takesEverything(rule));
}

/** Sets and objects grow with every definition; only what has one value can have two. */
function hasOneValue({ default: isDefault, head }: Rule): boolean {
  return !isDefault && head.key === undefined && head.value !== undefined && head.ref.slice(1).every(({ type }) => type === 'string');
}

/** Functions and values that are defined twice for the same arguments. */
export function findOverlappingDefinitions({ files }: PackTree): Finding[] {
  const all = files.flatMap((file) => file.rules.filter(hasOneValue).map((rule): Definition => ({ file, rule })));
  const groups = Map.groupBy(all, ({ file, rule }) => `${file.packagePath} ${shapeOf(rule.head.ref)}`);
  return [...groups.values()].flatMap((group) =>
    group.flatMap(({ file, rule }, index) => {
      const first = group.slice(0, index).find((earlier) => isConflict(earlier.rule, rule));
      if (!first) return [];
      return [
        {
          code: 'shadowed-rule' as const,
          place: file.place(rule.location.row),
          message: `${ruleName(rule)} is defined for the same case at ${first.file.place(first.rule.location.row)} already`,
          fix: 'Tell the cases apart in their bodies, or write the second as `else`.',
        },
      ];
    }),
  );
}
