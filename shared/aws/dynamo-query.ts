import type { Query } from '../port/table.ts';
import type { ExpressionScope } from './dynamo-expression.ts';

const isAfter = (left: string, right: string): boolean => Buffer.compare(Buffer.from(left), Buffer.from(right)) > 0;

/** Tells whether no sort key can be in the range; DynamoDB refuses such a query instead of answering nothing. */
export function isEmptyRange({ from, to }: Query): boolean {
  return to === '' || (from !== undefined && to !== undefined && isAfter(from, to));
}

/** The KeyConditionExpression of a query. Empty bounds are left out: every key is after them, and DynamoDB refuses empty key values. */
export function keyCondition(scope: ExpressionScope, query: Query): string {
  const [pk, sk] = query.index === undefined ? ['pk', 'sk'] : [`${query.index}pk`, `${query.index}sk`];
  const partition = `${scope.name(pk)} = ${scope.value(query.pk)}`;
  if (query.prefix) return `${partition} AND begins_with(${scope.name(sk)}, ${scope.value(query.prefix)})`;
  if (query.from && query.to !== undefined)
    return `${partition} AND ${scope.name(sk)} BETWEEN ${scope.value(query.from)} AND ${scope.value(query.to)}`;
  if (query.from) return `${partition} AND ${scope.name(sk)} >= ${scope.value(query.from)}`;
  if (query.to !== undefined) return `${partition} AND ${scope.name(sk)} <= ${scope.value(query.to)}`;
  return partition;
}
