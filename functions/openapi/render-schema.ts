/** JSON Schemas as HTML: a short name of the type, and a table of fields for objects. Components are links, so nothing here recurses for ever. */
import { escapeHtml, inline } from './html.ts';
import type { JsonSchema } from './open-api-document.ts';

const componentPrefix = '#/components/schemas/';

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function alternativesOf(schema: JsonSchema): JsonSchema[] {
  const list = schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf'];
  return Array.isArray(list) ? list.filter(isSchema) : [];
}

const quoted = (value: unknown): string => `<code>${escapeHtml(JSON.stringify(value))}</code>`;

function limitsOf(schema: JsonSchema): string {
  const said: string[] = [];
  if (typeof schema['format'] === 'string') said.push(escapeHtml(schema['format']));
  for (const [keyword, word] of [
    ['minimum', '≥'],
    ['maximum', '≤'],
    ['minLength', 'length ≥'],
    ['maxLength', 'length ≤'],
    ['minItems', 'entries ≥'],
    ['maxItems', 'entries ≤'],
    ['default', 'default'],
  ] as const) {
    const value = schema[keyword];
    // zod writes the bounds of safe integers, which tell a reader nothing.
    if (value !== undefined && Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER) said.push(`${word} ${quoted(value)}`);
  }
  if (typeof schema['pattern'] === 'string') said.push(`pattern <code>${escapeHtml(schema['pattern'])}</code>`);
  return said.length === 0 ? '' : ` (${said.join(', ')})`;
}

/** What kind of value it is, in a few words. */
export function typeName(schema: JsonSchema): string {
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const name = escapeHtml(reference.replace(componentPrefix, ''));
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if (Array.isArray(schema['enum'])) return schema['enum'].map(quoted).join(' | ');
  if ('const' in schema) return quoted(schema['const']);
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return alternatives.map(typeName).join(' | ');
  const { items, additionalProperties } = schema;
  if (schema['type'] === 'array') return `list of ${isSchema(items) ? typeName(items) : 'anything'}`;
  if (schema['type'] === 'object' && !isSchema(schema['properties']) && isSchema(additionalProperties))
    return `map of ${typeName(additionalProperties)}`;
  return `${typeof schema['type'] === 'string' ? escapeHtml(schema['type']) : 'anything'}${limitsOf(schema)}`;
}

/** The objects inside a schema that have fields of their own and no name. */
function innerObjects(schema: JsonSchema): JsonSchema[] {
  if (isSchema(schema['properties'])) return [schema];
  const inner = [...alternativesOf(schema), schema['items'], schema['additionalProperties']];
  return inner.filter(isSchema).flatMap(innerObjects);
}

function row(name: string, schema: JsonSchema, isRequired: boolean): string {
  const about = typeof schema['description'] === 'string' ? `<div>${inline(schema['description'])}</div>` : '';
  const fields = innerObjects(schema).map(fieldTable).join('');
  const must = isRequired ? ' <span class="must">required</span>' : '';
  return `<tr><th scope="row"><code>${escapeHtml(name)}</code>${must}</th><td><span class="type">${typeName(schema)}</span>${about}${fields}</td></tr>`;
}

/** The fields of an object as a table; nothing for other schemas. */
function fieldTable(schema: JsonSchema): string {
  const { properties, required } = schema;
  if (!isSchema(properties)) return '';
  const names = Array.isArray(required) ? required : [];
  const rows = Object.entries(properties).map(([name, inner]) => row(name, isSchema(inner) ? inner : {}, names.includes(name)));
  return `<table><thead><tr><th scope="col">Field</th><th scope="col">Value</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** A schema wherever it is used: its name and, when it has none, its fields. */
export function schemaBlock(schema: JsonSchema): string {
  const inner = innerObjects(schema);
  if (inner.length === 0) return `<p class="type">${typeName(schema)}</p>`;
  return inner.map(fieldTable).join('<p class="type">or</p>');
}
