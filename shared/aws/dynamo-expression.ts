/**
 * Translates the table port's conditions and updates into DynamoDB expressions. Every name and value travels as a placeholder, so
 * field names never meet DynamoDB's reserved words and values never become syntax.
 */
import { marshallValue, type Attribute } from './dynamo-item.ts';
import type { Condition, Field, WriteOp } from '../port/table.ts';

/** DynamoDB: the IN operator takes at most 100 operands. */
const inOperandsMax = 100;

/** Collects the placeholders of the expressions of one request. */
export class ExpressionScope {
  readonly #names = new Map<string, string>();
  readonly #values: Attribute[] = [];

  name(field: string): string {
    const known = this.#names.get(field);
    if (known !== undefined) return known;
    const placeholder = `#n${this.#names.size}`;
    this.#names.set(field, placeholder);
    return placeholder;
  }

  value(value: Field): string {
    this.#values.push(marshallValue(value));
    return `:v${this.#values.length - 1}`;
  }

  /** The placeholder maps, without the empty ones that DynamoDB refuses. */
  attributes(): { ExpressionAttributeNames?: Record<string, string>; ExpressionAttributeValues?: Record<string, Attribute> } {
    return {
      ...(this.#names.size > 0 && { ExpressionAttributeNames: Object.fromEntries([...this.#names].map(([field, name]) => [name, field])) }),
      ...(this.#values.length > 0 && {
        ExpressionAttributeValues: Object.fromEntries(this.#values.map((value, index) => [`:v${index}`, value])),
      }),
    };
  }
}

function inExpression(scope: ExpressionScope, field: string, values: readonly (string | number)[]): string {
  const name = scope.name(field);
  // A field is in no empty list; DynamoDB has no literal for false.
  if (values.length === 0) return `(attribute_exists(${name}) AND attribute_not_exists(${name}))`;
  const groups: string[] = [];
  for (let start = 0; start < values.length; start += inOperandsMax) {
    groups.push(
      `${name} IN (${values
        .slice(start, start + inOperandsMax)
        .map((value) => scope.value(value))
        .join(', ')})`,
    );
  }
  return `(${groups.join(' OR ')})`;
}

function conditionExpression(scope: ExpressionScope, condition: Condition): string {
  switch (condition.kind) {
    case 'absent':
      return `attribute_not_exists(${scope.name('pk')})`;
    case 'present':
      return `attribute_exists(${scope.name('pk')})`;
    case 'compare':
      return `${scope.name(condition.field)} ${condition.op === '!=' ? '<>' : condition.op} ${scope.value(condition.value)}`;
    case 'in':
      return inExpression(scope, condition.field, condition.values);
    case 'unset':
      return `attribute_not_exists(${scope.name(condition.field)})`;
  }
}

/** All conditions of an op as one ConditionExpression, or nothing when there are none. */
export function conditionsExpression(
  scope: ExpressionScope,
  conditions: readonly Condition[] | undefined,
): { ConditionExpression?: string } {
  if (conditions === undefined || conditions.length === 0) return {};
  return { ConditionExpression: conditions.map((condition) => conditionExpression(scope, condition)).join(' AND ') };
}

/** The fields an update replaces, adds to and removes as one UpdateExpression, or nothing when it changes no field. */
export function updateExpression(scope: ExpressionScope, op: Extract<WriteOp, { kind: 'update' }>): string | undefined {
  const fields = Object.entries(op.set ?? {});
  const set = fields.filter(([, value]) => value !== undefined).map(([field, value]) => `${scope.name(field)} = ${scope.value(value)}`);
  const add = Object.entries(op.add ?? {}).map(([field, value]) => `${scope.name(field)} ${scope.value(value)}`);
  // A field set to undefined is absent afterwards, as it is in JSON.
  const absent = fields.filter(([, value]) => value === undefined).map(([field]) => field);
  const remove = [...absent, ...(op.remove ?? [])].map((field) => scope.name(field));
  const clauses = [
    ...(set.length > 0 ? [`SET ${set.join(', ')}`] : []),
    ...(add.length > 0 ? [`ADD ${add.join(', ')}`] : []),
    ...(remove.length > 0 ? [`REMOVE ${remove.join(', ')}`] : []),
  ];
  return clauses.length > 0 ? clauses.join(' ') : undefined;
}
