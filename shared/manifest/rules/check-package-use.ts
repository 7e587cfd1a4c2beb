/**
 * Cross rules between tasks and the packages they use, as far as they can be known before a run: inputs that are missing, unknown or of
 * the wrong type, and outputs that the other package does not give. What depends on values of the run is judged when the task starts.
 * Only the plain keywords of the packages' schemas are read here, each schema once, and looking ends with the last issue that is told, so a
 * hostile schema costs little.
 */
import { z } from 'zod';
import type { Issue } from '../../core/issue.ts';
import { toPointer } from '../../core/json/json-pointer.ts';
import { nearestOfFew } from '../../core/nearest-of-few.ts';
import { shownValue } from '../../core/text/shown-value.ts';
import type { PackageDescriptor } from '../../package/descriptor.ts';
import { firstIssues } from '../bounded-issues.ts';
import type { Manifest, Task } from '../manifest.ts';
import { collectReferences, type FoundReference } from '../reference.ts';

type Path = readonly PropertyKey[];

/** Descriptors by the `uses` that names them; a package that is not there is somebody else's issue. */
export type Descriptors = ReadonlyMap<string, PackageDescriptor>;

const KnownSchema = z.object({
  properties: z.record(z.string(), z.unknown()).catch({}),
  required: z.array(z.string()).catch([]),
});

interface KnownSchema extends z.infer<typeof KnownSchema> {
  isClosed: boolean;
  names: readonly string[];
  /** The names as an issue shows them. */
  shownNames: string;
}

const KnownProperty = z.object({
  type: z.union([z.string().transform((type) => [type]), z.array(z.string())]).catch([]),
  enum: z.array(z.json()).optional().catch(undefined),
});

/** More names, each of some dozens of characters, are a list that nobody reads. */
const shownMax = 30;

function shownList(values: readonly unknown[]): string {
  const more = values.length > shownMax ? ` and ${values.length - shownMax} more` : '';
  return values.slice(0, shownMax).map(shownValue).join(', ') + more;
}

/** By the schema: hundreds of tasks may use one package, whose schema may have thousands of names. */
const schemas = new WeakMap<object, KnownSchema>();

function knownSchema(schema: Readonly<Record<string, unknown>>): KnownSchema {
  const earlier = schemas.get(schema);
  if (earlier) return earlier;
  const isClosed = schema['additionalProperties'] === false && schema['patternProperties'] === undefined;
  const { properties, required } = KnownSchema.parse({ properties: schema['properties'], required: schema['required'] });
  const names = Object.keys(properties);
  const known = { properties, required: [...new Set(required)], isClosed, names, shownNames: shownList(names) };
  schemas.set(schema, known);
  return known;
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

function* checkInput(use: Use, name: string, property: unknown, types: readonly string[]): Generator<Issue> {
  const { type: allowed, enum: values } = knownProperty(property);
  const value = use.with?.[name];
  const place = { pointer: toPointer([...use.path, 'with', name]), got: shownValue(value) };
  if (allowed.length > 0 && types.length > 0 && !types.some((type) => mayFit(type, allowed))) {
    const message = `${use.uses} takes ${shownValue(allowed.join(' or '))} as ${name}, this is ${shownValue(types.join(' or '))}`;
    yield { code: 'package-input', ...place, message, allowed: shownList(allowed), fix: 'Give a value of the allowed type.' };
    return;
  }
  if (!values || collectReferences(value).length > 0) return;
  const text = JSON.stringify(value);
  if (values.some((allowedValue) => JSON.stringify(allowedValue) === text)) return;
  yield {
    code: 'package-input',
    ...place,
    message: `${use.uses} does not take this as ${name}`,
    allowed: shownList(values),
    fix: 'Use one of the allowed values.',
  };
}

/** What is looked into, and who suggests what was meant. */
interface Look {
  manifest: Manifest;
  descriptors: Descriptors;
  nearest: ReturnType<typeof nearestOfFew>;
}

function* checkUse(use: Use, { manifest, descriptors, nearest }: Look): Generator<Issue> {
  const descriptor = descriptors.get(use.uses);
  if (!descriptor) return;
  const { properties, required, isClosed, names, shownNames } = knownSchema(descriptor.inputs);
  const given = use.with ?? {};
  for (const name of required)
    if (!Object.hasOwn(given, name))
      yield {
        code: 'missing-input',
        pointer: toPointer([...use.path, 'with', name]),
        message: `${use.uses} needs the input ${name}`,
        allowed: shownNames,
        fix: `Add ${name} to \`with\`.`,
      };
  for (const name of Object.keys(given)) {
    if (!isClosed || Object.hasOwn(properties, name)) continue;
    const suggestion = nearest(name, names);
    const fix = suggestion === undefined ? 'Remove it.' : `Did you mean ${suggestion}?`;
    const pointer = toPointer([...use.path, 'with', name]);
    yield { code: 'unknown-field', pointer, message: `${use.uses} has no input ${name}`, got: name, allowed: shownNames, fix };
  }
  for (const [name, value] of Object.entries(given))
    if (Object.hasOwn(properties, name)) yield* checkInput(use, name, properties[name], possibleTypes(value, manifest, descriptors));
}

function* checkOutput({ reference, pointer, text }: FoundReference, { manifest, descriptors, nearest }: Look): Generator<Issue> {
  if (reference?.kind !== 'output') return;
  const uses = manifest.tasks.find(({ id }) => id === reference.taskId)?.uses ?? '';
  const descriptor = descriptors.get(uses);
  if (!descriptor) return;
  const { properties, isClosed, names, shownNames } = knownSchema(descriptor.outputs);
  const [field] = reference.path;
  if (!isClosed || Object.hasOwn(properties, field)) return;
  const suggestion = nearest(field, names);
  const fix = suggestion === undefined ? 'Use one of the allowed outputs.' : `Did you mean ${suggestion}?`;
  yield { code: 'unknown-output', pointer, message: `${uses} gives no output ${field}`, got: shownValue(text), allowed: shownNames, fix };
}

function usesOf(task: Task, index: number): Use[] {
  const path = ['tasks', index];
  const own = { uses: task.uses, with: task.with, path };
  return task.compensate ? [own, { uses: task.compensate.uses, with: task.compensate.with, path: [...path, 'compensate'] }] : [own];
}

function* problemsOf(look: Look): Generator<Issue> {
  const uses = look.manifest.tasks.flatMap(usesOf);
  const found = [
    ...uses.flatMap((use) => collectReferences(use.with, [...use.path, 'with'])),
    ...collectReferences(look.manifest.outputs, ['outputs']),
  ];
  for (const use of uses) yield* checkUse(use, look);
  for (const reference of found) yield* checkOutput(reference, look);
}

/** Problems between a valid manifest and the descriptors of its packages; the first of very many. */
export function checkPackageUse(manifest: Manifest, descriptors: Descriptors): Issue[] {
  return firstIssues(problemsOf({ manifest, descriptors, nearest: nearestOfFew() }));
}
