/**
 * JSON to DynamoDB attributes and back, one to one. Written out because field names come from callers: @aws-sdk/util-dynamodb tells types
 * apart by `value.constructor.name`, so a JSON object with a key `constructor` would be taken for something else.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { Json } from '../core/json/canonical-json.ts';
import { InvariantError } from '../core/errors.ts';
import { isStorableNumber, refused, storableNumbers } from '../port/table-rules.ts';
import type { Field, Item } from '../port/table.ts';

/** The part of DynamoDB's attribute types that JSON needs. */
export type Attribute =
  { S: string } | { N: string } | { BOOL: boolean } | { NULL: true } | { L: Attribute[] } | { M: Record<string, Attribute> };

const StoredItem = z.looseObject({
  pk: z.string(),
  sk: z.string(),
  gsi1pk: z.string().optional(),
  gsi1sk: z.string().optional(),
  gsi2pk: z.string().optional(),
  gsi2sk: z.string().optional(),
  ttl: z.number().optional(),
});

function marshallNumber(value: number): Attribute {
  if (!isStorableNumber(value)) throw refused(`the number ${value} cannot be stored; allowed are ${storableNumbers}`);
  return { N: String(value) };
}

/** The attribute of a field. What is undefined is left out of objects and null in lists, as JSON.stringify has it. */
export function marshallValue(value: Field): Attribute {
  if (value === null || value === undefined) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number') return marshallNumber(value);
  if (isList(value)) return { L: value.map(marshallValue) };
  return { M: marshallFields(value) };
}

/** Array.isArray does not narrow readonly arrays. */
function isList(value: object): value is readonly Field[] {
  return Array.isArray(value);
}

/** The attributes of an object's or item's defined fields. */
export function marshallFields(fields: Readonly<Record<string, Field>>): Record<string, Attribute> {
  const attributes: [string, Attribute][] = [];
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) attributes.push([name, marshallValue(value)]);
  return Object.fromEntries(attributes);
}

function unmarshallValue(attribute: AttributeValue): Json {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.NULL !== undefined) return null;
  if (attribute.L !== undefined) return attribute.L.map(unmarshallValue);
  if (attribute.M !== undefined) return unmarshallFields(attribute.M);
  throw new InvariantError(`a stored attribute has a type that this table never writes: ${Object.keys(attribute).join(', ')}`);
}

function unmarshallFields(attributes: Record<string, AttributeValue>): Record<string, Json> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, unmarshallValue(value)]));
}

/** The item of stored attributes; throws when the keys are not what this table writes. */
export function unmarshallItem(attributes: Record<string, AttributeValue>): Item {
  const fields = unmarshallFields(attributes);
  StoredItem.parse(fields);
  return fields as Item; // Its named fields were checked just above; the rest is any JSON.
}
