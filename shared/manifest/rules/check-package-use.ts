/**
 * Cross rules between tasks and the packages they use, as far as they can be known before a run: inputs that are missing, unknown or of
 * the wrong type, and outputs that the other package does not give. What depends on values of the run is judged when the task starts.
 * Only the plain keywords of the packages' schemas are read here, so a hostile schema costs nothing.
 */
import { z } from 'zod';
import type { Issue } from '../../core/issue.ts';
import { toPointer } from '../../core/json/json-pointer.ts';
import { nearest } from '../../core/nearest.ts';
import { shownValue } from '../../core/text/shown-value.ts';
import type { PackageDescriptor } from '../../package/descriptor.ts';
import type { Manifest, Task } from '../manifest.ts';
import { collectReferences, type FoundReference } from '../reference.ts';

type Path = readonly PropertyKey[];

/** Descriptors by the `uses` that names them; a package that is not there is somebody else's issue. */
export type Descriptors = ReadonlyMap<string, PackageDescriptor>;

const KnownSchema = z.object({
  properties: z.record(z.string(), z.unknown()).catch({}),
  required: z.array(z.string()).catch([]),
  isClosed: z.boolean(),
});
type KnownSchema = z.infer<typeof KnownSchema>;

const KnownProperty = z.object({
  type: z.union([z.string().transform((type) => [type]), z.array(z.string())]).catch([]),
  enum: z.array(z.json()).optional().catch(undefined),
});

function knownSchema(schema: Readonly<Record<string, unknown>>): KnownSchema {
  const isClosed = schema['additionalProperties'] === false && schema['patternProperties'] === undefined;
  return KnownSchema.parse({ properties: schema['properties'], required: schema['required'], isClosed });
}

const knownProperty = (value: unknown): z.infer<typeof KnownProperty> => KnownProperty.catch({ type: [], enum: undefined }).parse(value);

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** The types that a value can have when the task starts; empty when that is not known. */
function possibleTypes(value: unknown, manifest: Manifest, descriptors: Descriptors): readonly string[] {
  const [found] = typeof value === 'string' ? collectReferences(value) : [];
  if (!found) return [typeOfValue(value)];
  if (!found.isWhole || !found.reference) return ['string'];
  const { reference } = found;
  if (reference.kind === 'output')
    return reference.path.length === 1 ? outputTypes(reference.taskId, reference.path[0], manifest, descriptors) : [];
  const type = reference.part === undefined ? manifest.inputs?.[reference.name]?.type : 'string';
  return type === undefined ? [] : [type === 'file' ? 'object' : type];
}

function outputTypes(taskId: string, field: string, manifest: Manifest, descriptors: Descriptors): readonly string[] {
  const producer = descriptors.get(manifest.tasks.find(({ id }) => id === taskId)?.uses ?? '');
  return producer ? knownProperty(knownSchema(producer.outputs).properties[field]).type : [];
}

const mayFit = (got: string, allowed: readonly string[]): boolean =>
  allowed.includes(got) || (got === 'integer' && allowed.includes('number')) || (got === 'number' && allowed.includes('integer'));

interface Use {
  uses: string;
  with: Task['with'];
  path: Path;
}

function checkInput(use: Use, name: string, property: unknown, types: readonly string[]): Issue[] {
  const { type: allowed, enum: values } = knownProperty(property);
  const value = use.with?.[name];
  const place = { pointer: toPointer([...use.path, 'with', name]), got: shownValue(value) };
  if (allowed.length > 0 && types.length > 0 && !types.some((type) => mayFit(type, allowed))) {
    const message = `${use.uses} takes ${allowed.join(' or ')} as ${name}, this is ${types.join(' or ')}`;
    return [{ code: 'package-input', ...place, message, allowed: allowed.join(', '), fix: 'Give a value of the allowed type.' }];
  }
  if (
    !values ||
    collectReferences(value).length > 0 ||
    values.some((allowedValue) => JSON.stringify(allowedValue) === JSON.stringify(value))
  )
    return [];
  return [
    {
      code: 'package-input',
      ...place,
      message: `${use.uses} does not take this as ${name}`,
      allowed: values.map(shownValue).join(', '),
      fix: 'Use one of the allowed values.',
    },
  ];
}

function checkUse(use: Use, manifest: Manifest, descriptors: Descriptors): Issue[] {
  const descriptor = descriptors.get(use.uses);
  if (!descriptor) return [];
  const { properties, required, isClosed } = knownSchema(descriptor.inputs);
  const given = Object.keys(use.with ?? {});
  const known = Object.keys(properties);
  const missing = required
    .filter((name) => !given.includes(name))
    .map((name): Issue => {
      const pointer = toPointer([...use.path, 'with', name]);
      return {
        code: 'missing-input',
        pointer,
        message: `${use.uses} needs the input ${name}`,
        allowed: known.join(', '),
        fix: `Add ${name} to \`with\`.`,
      };
    });
  const unknown = given
    .filter((name) => isClosed && !Object.hasOwn(properties, name))
    .map((name): Issue => {
      const suggestion = nearest(name, known);
      const fix = suggestion === undefined ? 'Remove it.' : `Did you mean ${suggestion}?`;
      return {
        code: 'unknown-field',
        pointer: toPointer([...use.path, 'with', name]),
        message: `${use.uses} has no input ${name}`,
        got: name,
        allowed: known.join(', '),
        fix,
      };
    });
  const wrong = given
    .filter((name) => Object.hasOwn(properties, name))
    .flatMap((name) => checkInput(use, name, properties[name], possibleTypes(use.with?.[name], manifest, descriptors)));
  return [...missing, ...unknown, ...wrong];
}

function checkOutput({ reference, pointer, text }: FoundReference, manifest: Manifest, descriptors: Descriptors): Issue[] {
  if (reference?.kind !== 'output') return [];
  const uses = manifest.tasks.find(({ id }) => id === reference.taskId)?.uses ?? '';
  const descriptor = descriptors.get(uses);
  const { properties, isClosed } = knownSchema(descriptor?.outputs ?? {});
  const [field] = reference.path;
  if (!isClosed || Object.hasOwn(properties, field)) return [];
  const known = Object.keys(properties);
  const suggestion = nearest(field, known);
  const fix = suggestion === undefined ? 'Use one of the allowed outputs.' : `Did you mean ${suggestion}?`;
  return [
    { code: 'unknown-output', pointer, message: `${uses} gives no output ${field}`, got: shownValue(text), allowed: known.join(', '), fix },
  ];
}

function usesOf(task: Task, index: number): Use[] {
  const path = ['tasks', index];
  const own = { uses: task.uses, with: task.with, path };
  return task.compensate ? [own, { uses: task.compensate.uses, with: task.compensate.with, path: [...path, 'compensate'] }] : [own];
}

/** Problems between a valid manifest and the descriptors of its packages. */
export function checkPackageUse(manifest: Manifest, descriptors: Descriptors): Issue[] {
  const uses = manifest.tasks.flatMap(usesOf);
  const found = [
    ...uses.flatMap((use) => collectReferences(use.with, [...use.path, 'with'])),
    ...collectReferences(manifest.outputs, ['outputs']),
  ];
  return [
    ...uses.flatMap((use) => checkUse(use, manifest, descriptors)),
    ...found.flatMap((reference) => checkOutput(reference, manifest, descriptors)),
  ];
}
