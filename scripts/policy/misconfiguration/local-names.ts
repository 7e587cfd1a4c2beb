import type { Json, JsonObject } from '../../../shared/core/json/canonical-json.ts';
import { callOf, rowOf, walkTree } from './rego-tree.ts';

interface LocalName {
  name: string;
  row: number;
}

/** The names a pattern such as `[task, {"id": id}]` binds; `_` binds none. */
function boundBy(pattern: Json | undefined, row: number): LocalName[] {
  if (Array.isArray(pattern)) return pattern.flatMap((item) => boundBy(item, row));
  if (typeof pattern !== 'object' || pattern === null) return [];
  const own = rowOf(pattern, row);
  const { type, value } = pattern;
  if (type === 'var') return typeof value === 'string' && !value.startsWith('$') ? [{ name: value, row: own }] : [];
  return type === 'array' || type === 'object' ? boundBy(value, own) : [];
}

/** `some x`, and `some k, v in list`: all but the list are names. */
function boundBySome(symbol: Json, row: number): LocalName[] {
  if (typeof symbol !== 'object' || symbol === null || Array.isArray(symbol)) return [];
  const call = callOf(symbol);
  return call ? boundBy(call.args.slice(0, -1), row) : boundBy(symbol, row);
}

function boundAt(node: JsonObject, row: number): LocalName[] {
  const call = callOf(node);
  if (call?.name === 'assign') return boundBy(call.args[0], row);
  if (Array.isArray(node['symbols'])) return node['symbols'].flatMap((symbol) => boundBySome(symbol, row));
  if ('domain' in node) return [...boundBy(node['key'], row), ...boundBy(node['value'], row)];
  return 'ref' in node ? boundBy(node['args'], row) : [];
}

/** Every name that is bound inside of a rule: arguments, `:=`, `some` and `every`, in comprehensions too. */
export function localNames(rule: JsonObject, row: number): LocalName[] {
  return [...walkTree(rule, row)].flatMap((place) => boundAt(place.node, place.row));
}
